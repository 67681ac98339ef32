import * as cleanTree from './gates/clean-tree.mjs'
import * as demo from './gates/demo.mjs'
import * as docsGenerated from './gates/docs-generated.mjs'
import * as format from './gates/format.mjs'
import * as layers from './gates/layers.mjs'
import * as lint from './gates/lint.mjs'
import * as packages from './gates/packages.mjs'
import * as readme from './gates/readme.mjs'
import * as types from './gates/types.mjs'
import * as unused from './gates/unused.mjs'

/**
 * A gate returns what is wrong, as lines for a person; nothing where it is passed.
 * `figure` is what it measured, where it measures something.
 * @typedef {{ about: string, figure?: string, check: () => Promise<readonly string[]> }} Gate
 * @type {Readonly<Record<string, Gate>>}
 */
const GATES = Object.freeze({
  types,
  layers,
  format,
  lint,
  unused,
  readme,
  'docs-generated': docsGenerated,
  'clean-tree': cleanTree,
  demo,
  packages,
})

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => GATES[name] === undefined)
if (unknown.length > 0) {
  console.error(`No gate of this name: ${unknown.join(', ')}. Gates: ${Object.keys(GATES).join(', ')}`)
  process.exit(3)
}

/** @type {{ name: string, about: string, problems: readonly string[], seconds: number }[]} */
const results = []
for (const [name, gate] of Object.entries(GATES)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const startedAt = performance.now()
  const problems = await gate.check().catch((error) => [`the gate itself failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`])
  results.push({ name, about: gate.figure ? `${gate.about}: ${gate.figure}` : gate.about, problems, seconds: (performance.now() - startedAt) / 1000 })
}

for (const { name, problems } of results) {
  if (problems.length > 0) console.log(`\n${name}\n${problems.map((problem) => `  ${problem.trimEnd().replaceAll('\n', '\n  ')}`).join('\n')}`)
}
console.log()
for (const { name, about, problems, seconds } of results) {
  console.log(`${problems.length === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(15)} ${seconds.toFixed(1).padStart(5)} s  ${about}`)
}
process.exitCode = results.every(({ problems }) => problems.length === 0) ? 0 : 1
