import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './run.mjs'
import { setUp } from './setup.mjs'

/**
 * `npm run matrix`: builds every chain of the matrix out of real servers, attacks it with the whole catalogue, and writes
 * docs/matrix.md: what was put in, and what the prober said of it. Takes some minutes.
 */
if ((await setUp()) !== 'ready') process.exit(1)
const { FAULTY, SOUND } = await import('../testbed/dist/matrix/cases.js')
const { isHere } = await import('../testbed/dist/matrix/gateways.js')
const { tryCase } = await import('../testbed/dist/matrix/try-case.js')

/** @typedef {import('../testbed/dist/matrix/build.js').Case} Case */
/** @typedef {import('../testbed/dist/matrix/try-case.js').Tried} Tried */

const APPLICATIONS = { guard: 'the guard', 'by hand': 'checks by hand', 'express-oauth2-jwt-bearer': 'express-oauth2-jwt-bearer' }

/** @type {Map<Case, Tried>} */
const tried = new Map()
const cases = [...SOUND, ...FAULTY]
const queue = cases.filter(({ gateways }) => gateways.every(isHere))
const total = queue.length

async function work() {
  for (let one = queue.shift(); one; one = queue.shift()) {
    tried.set(one, await tryCase(one))
    process.stderr.write(`${String(tried.size).padStart(4)} of ${total}  ${one.name}\n`)
  }
}
await Promise.all([work(), work()])

const done = cases.flatMap((one) => {
  const found = tried.get(one)
  return found ? [{ one, found }] : []
})
const faults = done.flatMap(({ one }) => one.faults).length
const exact = done.reduce((sum, { found }) => sum + found.exact.length, 0)
const missed = done.reduce((sum, { found }) => sum + found.missed.length, 0)
const wrong = done.filter(({ found }) => found.wrong.length > 0).length
const clean = done.filter(({ one, found }) => one.faults.length === 0 && found.verdict === 'holds').length

/** @param {readonly { hop: string | readonly string[], owner: string }[]} list */
const inWords = (list) => list.map(({ hop, owner }) => `${typeof hop === 'string' ? hop : hop.join(' to ')} (${owner})`).join(', ')
/** @param {Tried} found */
const verdictOn = (found, /** @type {Case} */ one) =>
  found.wrong.length > 0 ? 'also blamed others' : found.missed.length > 0 ? 'missed' : found.exact.length < one.faults.length ? 'not exact' : 'yes'

const summary = [
  `${done.length} chains tried: ${clean} of ${done.filter(({ one }) => one.faults.length === 0).length} sound ones hold.`,
  `${faults} faults in ${done.filter(({ one }) => one.faults.length > 0).length} chains: ${faults - missed} detected, ${exact} named by hop and owner exactly; ${wrong} chains with a finding against a team that did nothing.`,
]
const page = [
  '# The matrix of faults',
  '',
  '<!-- Made by npm run matrix: run it, do not edit this page. -->',
  '',
  'Chains of real servers on loopback, set up by hand as people do it, each broken as its name says, and attacked with the',
  'whole catalogue. The prober is told nothing of what was broken.',
  '',
  ...summary,
  '',
  '| chain | gateways | application | at fault | named so | shown by |',
  '| --- | --- | --- | --- | --- | --- |',
  ...done.map(
    ({ one, found }) =>
      `| ${one.name} | ${one.gateways.join(', ') || 'none'} | ${APPLICATIONS[one.application]} | ${inWords(one.faults) || 'nobody'} | ${verdictOn(found, one)} | ${found.attacks.join(', ') || (found.verdict === 'holds' ? 'nothing: it holds' : found.verdict)} |`,
  ),
  '',
]
await writeFile(join(ROOT, 'docs/matrix.md'), page.join('\n'))
process.stdout.write(`${summary.join('\n')}\ndocs/matrix.md written\n`)
process.exitCode = missed === 0 && wrong === 0 && clean === done.filter(({ one }) => one.faults.length === 0).length ? 0 : 1
