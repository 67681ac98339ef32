import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { peer as everyhop } from './everyhop.mjs'
import { machine } from './machine.mjs'
import { decision } from './measures/decision.mjs'
import { frameworks } from './measures/frameworks.mjs'
import { gateway } from './measures/gateway.mjs'
import { hostile } from './measures/hostile.mjs'
import { memory } from './measures/memory.mjs'
import { ownProxy } from './measures/own-proxy.mjs'
import { besidePeers } from './measures/peers.mjs'
import { redis } from './measures/redis.mjs'
import { revocation } from './measures/revocation.mjs'
import { verification } from './measures/verification.mjs'
import { usedByOthers } from './others.mjs'
import { peers } from './peers.mjs'
import { beside, differs, table } from './result.mjs'

const FILE = new URL('results.json', import.meta.url)

/** All measurements, one after the other. Run by `npm run bench`, which installs and builds before. */
const flags = readFlags(process.argv.slice(2))

/** @type {Readonly<Record<string, () => Promise<readonly import('./result.mjs').Result[]>>>} */
const MEASURES = {
  verification: () => verification({ rounds: 30, size: 500, warmUp: 4 }),
  'beside the peers': () => besidePeers({ rounds: 11, size: 250, warmUp: 4 }),
  'hostile input': () => hostile({ rounds: 15 }),
  redis,
  revocation: () => revocation({ rounds: 60 }),
  decision: () => decision({ rounds: 15, size: 250, warmUp: 5 }),
  gateway: () => gateway({ rounds: 9, size: 2_000, warmUp: 3 }),
  'own proxy': () => ownProxy({ rounds: 7, size: 1_500, warmUp: 2, soakSeconds: flags.full ? 600 : 20 }),
  frameworks: () => frameworks({ rounds: 5, size: 1_500, warmUp: 2 }),
  memory: () => memory({ verifications: flags.verifications ?? (flags.full ? 10_000_000 : 100_000) }),
}

const taken = { ...machine([everyhop, ...(await peers())]), others: rounded(await usedByOthers()) }
/** Undefined where the figures are kept as a whole. Said at once where they could not be: some take half an hour. */
const kept = flags.save && flags.only.length > 0 ? JSON.parse(await readFile(FILE, 'utf8')) : undefined
const other = kept && differs(kept.machine, taken)
if (other !== undefined) misused(`The figures that are kept are of another ${other}: measure all, or leave out --save`)
/** @type {import('./result.mjs').Result[]} */
const results = []
const unknown = flags.only.find((name) => !Object.hasOwn(MEASURES, name))
if (unknown !== undefined) misused(`Nothing measures ${unknown}. There are: ${Object.keys(MEASURES).join(', ')}`)
for (const [name, measure] of Object.entries(MEASURES)) {
  if (flags.only.length > 0 && !flags.only.includes(name)) continue
  const startedAt = performance.now()
  try {
    results.push(...(await measure()))
    console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  } catch (error) {
    // What else there is to measure is still worth having, but not as if all were well.
    console.error(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`)
    process.exitCode = 1
  }
}
const report = { machine: taken, results: results.map((result) => ({ ...result, value: rounded(result.value) })) }
console.log(flags.json ? JSON.stringify(report, null, 2) : table(report))
if (flags.save) await writeFile(FILE, `${JSON.stringify(kept ? beside(kept, report) : report, null, 2)}\n`)

/** @param {readonly string[]} args */
function readFlags(args) {
  const known =
    'Known: --json (JSON on stdout), --save (keep as bench/results.json), --full (10 million verifications, a soak of ten minutes), --only NAME (again for several; --save leaves the other figures), --verifications N (for the memory)'
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean' },
        save: { type: 'boolean' },
        full: { type: 'boolean' },
        only: { type: 'string', multiple: true, default: [] },
        verifications: { type: 'string' },
      },
    })
    const verifications = values.verifications === undefined ? undefined : Number(values.verifications)
    if (verifications !== undefined && !(Number.isInteger(verifications) && verifications >= 1_000)) return misused('--verifications is a number from 1000')
    return { json: values.json === true, save: values.save === true, full: values.full === true, only: values.only, verifications }
  } catch (error) {
    return misused(`${error instanceof Error ? error.message : 'Wrong flags'}. ${known}`)
  }
}

/** @param {string} why
 * @returns {never} */
function misused(why) {
  console.error(why)
  process.exit(3)
}

/** Four figures: what is behind them is noise.
 * @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(4))
}
