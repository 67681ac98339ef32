import { complaintsOf } from './tool.mjs'

export const about = 'no file, export or dependency that nothing uses'

export const check = () => complaintsOf('knip', ['--no-progress', '--treat-config-hints-as-errors'])
