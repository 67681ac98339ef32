import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { printLoad } from './print-load.js'
import { runLoad } from './run-load.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    proofs: { type: 'string', default: '1000000' },
    replays: { type: 'string', default: '0.1' },
    json: { type: 'boolean', default: false },
    output: { type: 'string' },
  },
})
const options = { minutes: Number(values.minutes), proofs: Number(values.proofs), replayShare: Number(values.replays) }
if (!(options.minutes > 0 && options.proofs > 0 && options.replayShare >= 0 && options.replayShare <= 1)) {
  console.error('usage: npm run load -- [--minutes 10] [--proofs 1000000] [--replays 0.1] [--json] [--output FILE]')
  process.exit(3)
}
// Without this a signal would leave the Redis of the run behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const result = await runLoad(options, (line) => console.error(line))
const json = `${JSON.stringify({ schema: 'everyhop.load/1', ...result }, null, 2)}\n`
if (values.output !== undefined) await writeFile(values.output, json)
console.log(values.json ? json.trimEnd() : printLoad(result))
process.exit(result.holds ? 0 : 1)
