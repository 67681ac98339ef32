import type { Chain } from '@everyhop/chain'
import { controlOf, observationsOf, responsibilities, sayObservation } from '@everyhop/controls'
import { Command, Option } from 'commander'
import { colours } from '../colours.js'
import { collect, loadChains, type ManifestOptions } from '../load-chains.js'

type Options = ManifestOptions & { readonly format: 'text' | 'json' }

export function build(): Command {
  return new Command('everyhop owners')
    .description('Prints who is accountable when a control fails, at each place of the chain.')
    .option('-f, --file <file>', 'a manifest; may be given more than once (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  everyhop owners\n  everyhop owners -f orders.yaml --format json')
    .action(run)
}

async function run(options: Options): Promise<void> {
  const chains = await loadChains(options)
  if (chains === undefined) return
  if (options.format === 'json')
    process.stdout.write(
      `${JSON.stringify({ schema: 'everyhop.owners/1', chains: chains.map((chain) => ({ chain: chain.name, assignments: rowsOf(chain) })) }, null, 2)}\n`,
    )
  else process.stdout.write(chains.map(renderMatrix).join('\n'))
}

const rowsOf = (chain: Chain) =>
  responsibilities(chain).assignments.map(({ control, place, team }) => ({
    control,
    title: controlOf(control).title,
    place,
    team,
    layer: controlOf(control).layer,
    contact: chain.teams.get(team)?.contact ?? '',
  }))

function renderMatrix(chain: Chain): string {
  const rows = rowsOf(chain)
  const head = { control: 'control', title: 'what must hold', place: 'place', team: 'accountable', contact: 'contact' }
  const width = (column: keyof typeof head) => Math.max(...[head, ...rows].map((row) => row[column].length))
  const widths = { control: width('control'), title: width('title'), place: width('place'), team: width('team') }
  const line = (row: typeof head) =>
    `  ${row.control.padEnd(widths.control)}  ${row.title.padEnd(widths.title)}  ${row.place.padEnd(widths.place)}  ${row.team.padEnd(widths.team)}  ${row.contact}`
  const observed = observationsOf(chain, Date.now() / 1_000).map((observation) => `  ${colours.yellow(sayObservation(observation))}`)
  return [`${colours.bold(chain.name)} (${chain.environment})`, colours.dim(line(head)), ...rows.map(line), ...observed, ''].join('\n')
}
