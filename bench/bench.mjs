import { writeFile } from 'node:fs/promises'
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
import { peers } from './peers.mjs'
import { table } from './result.mjs'

/** All measurements, one after the other. Run by `npm run bench`, which installs and builds before. */
const flags = new Set(process.argv.slice(2))
const unknown = [...flags].filter((flag) => !['--json', '--full', '--save'].includes(flag))
if (unknown.length > 0) {
  console.error(
    `Unknown: ${unknown.join(', ')}. Known: --json (JSON on stdout), --full (10 million verifications, a soak of ten minutes), --save (keep as bench/results.json)`,
  )
  process.exit(3)
}

/** @type {Readonly<Record<string, () => Promise<readonly import('./result.mjs').Result[]>>>} */
const MEASURES = {
  verification: () => verification({ rounds: 30, size: 500, warmUp: 4 }),
  'beside the peers': () => besidePeers({ rounds: 11, size: 250, warmUp: 4 }),
  'hostile input': () => hostile({ rounds: 15 }),
  redis,
  revocation: () => revocation({ rounds: 60 }),
  decision: () => decision({ rounds: 15, size: 250, warmUp: 5 }),
  gateway: () => gateway({ rounds: 9, size: 2_000, warmUp: 3 }),
  'own proxy': () => ownProxy({ rounds: 7, size: 1_500, warmUp: 2, soakSeconds: flags.has('--full') ? 600 : 20 }),
  frameworks: () => frameworks({ rounds: 5, size: 1_500, warmUp: 2 }),
  memory: () => memory({ verifications: flags.has('--full') ? 10_000_000 : 100_000 }),
}

const taken = machine([everyhop, ...(await peers())])
/** @type {import('./result.mjs').Result[]} */
const results = []
for (const [name, measure] of Object.entries(MEASURES)) {
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
if (flags.has('--save')) await writeFile(new URL('results.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`)
console.log(flags.has('--json') ? JSON.stringify(report, null, 2) : table(report))

/** Four figures: what is behind them is noise.
 * @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(4))
}
