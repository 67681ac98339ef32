import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { npm, show } from '../tools/run.mjs'

/** `node bench/run.mjs SCRIPT …`: installs the peers where they are missing, builds, and runs the script. Only it prints on stdout. */
const [script = 'bench', ...args] = process.argv.slice(2)
const HERE = fileURLToPath(new URL('.', import.meta.url))

await must('the peers do not install', await installPeers())
await must('the sources do not build', await show(process.execPath, ['node_modules/typescript/bin/tsc', '-b']))
const child = spawn(process.execPath, [`${HERE}${script}.mjs`, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
child.once('close', (status) => {
  process.exitCode = status ?? 1
})

/** They are installed here alone, without their scripts: nothing of Everyhop depends on them. */
async function installPeers() {
  const installed = `${HERE}node_modules/.package-lock.json`
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${HERE}package-lock.json`).mtimeMs) return 0
  const [command, words] = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  return show(command, words, { cwd: HERE })
}

/** @param {string} failure
 * @param {number} status */
async function must(failure, status) {
  if (status === 0) return
  console.error(failure)
  process.exit(1)
}
