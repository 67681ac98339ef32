export { DEMO_CHAINS, isAsDeclared, runDemo, type Declared, type DemoOptions, type DemoRun } from './demo.js'
