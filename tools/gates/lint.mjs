import { complaintsOf } from './tool.mjs'

export const about = 'no likely mistake, floating promises among them'

export const check = () => complaintsOf('oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'])
