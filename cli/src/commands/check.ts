import { waiverInForce, type Chain } from '@everyhop/chain'
import { drawChain, observationsOf, sayObservation, waiverRisks } from '@everyhop/controls'
import { Command, Option } from 'commander'
import type { Default } from '@everyhop/manifest'
import { colours, isColourful } from '../colours.js'
import { BAD_USAGE } from '../exit-code.js'
import { collect, loadEach, type ManifestOptions } from '../load-chains.js'
import { renderProblems } from '../print-problems.js'

type Options = ManifestOptions & { readonly explain?: boolean; readonly format: 'text' | 'json' }

export function build(): Command {
  return new Command('everyhop check')
    .description('Reads the manifest and says what is wrong where.')
    .option('-f, --file <file>', 'a manifest; may be given more than once (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .option('--explain', 'show every default in force, and why')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExamples:\n  everyhop check\n  everyhop check -f orders.yaml -f billing.yaml --env production\n  everyhop check --explain\n\nExit status: 0 without problems, else 3.',
    )
    .action(run)
}

async function run(options: Options): Promise<void> {
  const results = await loadEach(options)
  const problems = results.flatMap(({ loaded }) => (loaded.ok ? [] : loaded.problems))
  const sound = results.flatMap(({ file, loaded }) => (loaded.ok ? [{ file, chain: loaded.chain, defaults: loaded.defaults }] : []))
  if (problems.length > 0) process.exitCode = BAD_USAGE
  const now = Math.floor(Date.now() / 1_000)
  if (options.format === 'json') {
    const chains = sound.map(({ file, chain, defaults }) => ({
      file,
      chain: chain.name,
      environment: chain.environment,
      digest: chain.digest,
      observed: observationsOf(chain, now).map(({ route, until, owner, isInForce }) => ({
        route,
        until: new Date(until * 1_000).toISOString(),
        owner: owner.id,
        isInForce,
      })),
      ...(options.explain === true ? { defaults } : {}),
    }))
    process.stdout.write(`${JSON.stringify({ schema: 'everyhop.check/1', ok: problems.length === 0, problems, chains }, null, 2)}\n`)
    return
  }
  for (const { chain, defaults } of sound) process.stdout.write(`${renderChain(chain, now)}${options.explain === true ? renderDefaults(defaults) : ''}\n`)
  if (problems.length > 0) process.stderr.write(renderProblems(problems))
}

function renderChain(chain: Chain, now: number): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
  const counts = [
    count(chain.hops.size, 'hop'),
    count(chain.routes.length, 'route'),
    count(chain.clients.size, 'client'),
    count(chain.teams.size, 'team'),
    count(chain.waivers.size, 'waiver'),
  ].join(', ')
  const waivers = [...chain.waivers.values()].flatMap((waiver) => {
    const end = new Date(waiver.end * 1_000).toISOString().slice(0, 16)
    const state = waiverInForce(waiver, now) ? `in force until ${end}Z` : waiver.end <= now ? `expired ${end}Z: what it allowed is refused` : 'not in force yet'
    return [`  ${colours.yellow(waiver.id)}  ${waiver.control}  ${state}`, ...waiverRisks(waiver).map((risk) => `    ${colours.yellow(`risk: ${risk}`)}`)]
  })
  return [
    `${colours.bold(chain.name)} (${chain.environment})`,
    '',
    drawChain(chain, new Map(), { colour: isColourful }),
    '',
    ...waivers,
    ...observationsOf(chain, now).map((observation) => `  ${colours.yellow(sayObservation(observation))}`),
    `  ${counts}; digest ${chain.digest}`,
    '',
  ].join('\n')
}

function renderDefaults(defaults: readonly Default[]): string {
  const width = Math.max(0, ...defaults.map(({ path }) => path.length))
  const wide = Math.max(0, ...defaults.map(({ value }) => value.length))
  const lines = defaults.map(({ path, value, why }) => `  ${path.padEnd(width)}  ${value.padEnd(wide)}  ${colours.dim(why)}`)
  return `\nDefaults in force\n${lines.join('\n')}\n`
}
