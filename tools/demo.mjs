import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './run.mjs'
import { setUp } from './setup.mjs'

const state = await setUp()
if (state === 'unbuilt') console.error('The sources do not build (see above).')
if (state !== 'ready') process.exit(1)

const demo = spawn(process.execPath, [join(ROOT, 'cli/bin/everyhop.js'), 'demo', ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' })
// A terminal sends Ctrl-C to both of us: the demo stops its servers first, then we end with its status.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => demo.kill('SIGTERM'))
demo.once('close', (status) => {
  process.exitCode = status ?? 1
})
