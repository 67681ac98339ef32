import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { capture, npm, ROOT } from './run.mjs'

/** The oldest Node that the packages allow, and the newest of each line that is maintained. */
const VERSIONS = ['20.19.0', '22', '24']

/** `npm run test:nodes -- --only 24 core/proof`: everything after the version goes to the tests. */
const args = process.argv.slice(2)
const only = args[0] === '--only' ? args.splice(0, 2)[1] : undefined

/** @param {string} version */
const nodeOf = (version) => ['exec', '--yes', '--package', `node@${version}`, '--', 'node']

/** @type {{ version: string, closing: string, isPassed: boolean }[]} */
const results = []
for (const version of VERSIONS.filter((version) => only === undefined || version === only)) {
  const [command, given] = npm([...nodeOf(version), '--print', 'process.versions.node'])
  const { stdout, output } = await capture(command, given)
  const found = stdout.trim()
  if (!`${found}.`.startsWith(`${version}.`)) {
    results.push({ version, closing: `not run: ${output.trim()}`, isPassed: false })
    continue
  }
  process.stdout.write(`\nNode ${found}\n`)
  results.push({ version: found, ...(await testOn(version)) })
}
process.stdout.write('\n')
for (const { version, closing } of results) process.stdout.write(`Node ${version.padEnd(8)} ${closing}\n`)
process.exitCode = results.length > 0 && results.every(({ isPassed }) => isPassed) ? 0 : 1

/**
 * Runs the tests with a Node that npm fetches for it; nothing of it is installed.
 * @param {string} version
 * @returns {Promise<{ closing: string, isPassed: boolean }>}
 */
function testOn(version) {
  const [command, given] = npm([...nodeOf(version), join(ROOT, 'tools/test.mjs'), ...args])
  const child = spawn(command, given, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  let last = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    last = (last + text).slice(-1_000)
  })
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ closing: `not run: ${message}`, isPassed: false }))
    child.once('close', (status) => {
      const closing = /\d+ passed, \d+ failed, \d+ skipped(?=\s*$)/.exec(last)?.[0] ?? `not run to its end: status ${status}`
      resolve({ closing, isPassed: status === 0 })
    })
  })
}
