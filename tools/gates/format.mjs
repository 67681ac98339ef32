import { complaintsOf } from './tool.mjs'

export const about = 'the tree is formatted (mend: npm run format)'

export const check = () => complaintsOf('oxfmt', ['--check', '.'])
