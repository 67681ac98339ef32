import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import { ROOT, show } from './run.mjs'

/**
 * `npm run fuzz -- --inputs 5000000 --seed 7`: hostile inputs to the engine until so many were refused or one was a finding.
 * Ends with status 1 on a finding, which it prints with the seed that finds it again.
 */

/** Inputs between two lines of progress; each round has a seed of its own. */
const ROUND = 100_000
/** Of so many inputs one is signed and put to the other verifiers too: that costs fifty times as much. */
const SIGNED_OF = 100

const { values } = parseArgs({ options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } } })
const inputs = Number(values.inputs.replaceAll('_', ''))
const seed = Number(values.seed)
if (!Number.isSafeInteger(inputs) || inputs <= 0 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--inputs NUMBER] [--seed NUMBER]')
  process.exit(3)
}
if ((await show(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', 'core/proof'])) !== 0) process.exit(3)

/** @param {string} name */
const built = (name) => import(pathToFileURL(join(ROOT, `core/proof/dist/${name}.js`)).href)
const { CAMPAIGNS, fuzz } = await built('hostile.testkit')
const { differential } = await built('differential.testkit')

/** @type {Map<string, number>} */
const counts = new Map()
/** @type {(name: string, part: number) => void} */
const count = (name, part) => void counts.set(name, (counts.get(name) ?? 0) + part)
const began = performance.now()
let done = 0
/** @type {readonly { campaign: string, seed: number, path: string, input: string, fault: string }[]} */
let findings = []
for (let round = 0; done < inputs && findings.length === 0; round++) {
  const part = Math.min(ROUND, inputs - done)
  findings = [...(await fuzz(part, seed + round, count, CAMPAIGNS)), ...(await fuzz(Math.ceil(part / SIGNED_OF), seed + round, count, [differential]))]
  done += part
  console.error(`${done} of ${inputs} inputs, ${Math.round((performance.now() - began) / 1_000)} s, seed ${seed + round}: ${findings.length} findings`)
}

const width = Math.max(...Array.from(counts.keys(), (name) => name.length))
for (const [name, part] of counts) console.log(`${name.padEnd(width)}  ${part}`)
for (const { campaign, seed: at, path, input, fault } of findings) {
  console.log(`\nFOUND: ${campaign}\n  seed  ${at}, path ${path}\n  input ${input}\n  fault ${fault}`)
}
const total = Array.from(counts.values()).reduce((sum, part) => sum + part, 0)
console.log(`\n${total} inputs from seed ${seed}: ${findings.length === 0 ? 'nothing accepted, nothing thrown' : `${findings.length} findings`}`)
process.exitCode = findings.length === 0 ? 0 : 1
