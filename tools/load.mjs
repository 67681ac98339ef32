import { join } from 'node:path'
import { ROOT } from './run.mjs'
import { setUp } from './setup.mjs'

const state = await setUp()
if (state === 'unbuilt') console.error('The sources do not build (see above).')
if (state !== 'ready') process.exit(1)
await import(join(ROOT, 'testbed/dist/load/main.js'))
