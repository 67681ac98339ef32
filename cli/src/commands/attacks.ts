import type { CatalogueRow } from '@everyhop/prober'
import { Command, Option } from 'commander'
import { misuse } from '../exit-code.js'

type Settings = { readonly format: 'text' | 'json'; readonly attacks?: string }

const LEGEND = `
The first sign: + is implemented. The third column says where it was seen to get in, and be held where nothing is wrong:
twin, a server in one process; live, real servers behind nginx. With --format json each row names what was wrong there.

Examples:
  everyhop attacks
  everyhop attacks --attacks security/attacks
  everyhop attacks --format json
  everyhop explain RPL-01`

/** `everyhop attacks`: every row of the catalogue, whether an attack implements it or not. */
export function build(): Command {
  return new Command('everyhop attacks')
    .description(
      'Lists every attack of the catalogue: what goes wrong if it succeeds, its control and class, whether it is implemented, and on what it is proven.',
    )
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .option('--attacks <folder>', 'list the attacks of this folder as well')
    .addHelpText('after', LEGEND)
    .action(run)
}

async function run({ format, attacks }: Settings): Promise<void> {
  const { catalogueRows, loadAttacks, OwnAttacksError } = await import('@everyhop/prober')
  try {
    const own = attacks === undefined ? [] : await loadAttacks(attacks)
    const rows = [...catalogueRows(), ...own.map(({ id, title, control, prod }) => ({ id, title, control, prod, implemented: true }))]
    process.stdout.write(format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : asText(rows))
  } catch (error) {
    if (!(error instanceof OwnAttacksError)) throw error
    misuse(error.message)
  }
}

function asText(rows: readonly CatalogueRow[]): string {
  const lines = rows.map(({ id, prod, control, title, implemented, reason, proven }) => {
    const start = `${implemented ? '+' : ' '} ${id.padEnd(8)} ${prod}  ${sayProven(proven).padEnd(10)}  ${control}  ${title}`
    return reason === undefined ? start : `${start} (not implemented yet: it ${reason})`
  })
  const count = rows.filter(({ implemented }) => implemented).length
  const live = rows.filter(({ proven }) => proven !== undefined && proven.live.length > 0).length
  const sum = `${count} attacks are implemented (+), ${live} of them seen to get in behind a real gateway too; ${rows.length - count} rows of the catalogue are not yet.`
  return `${lines.join('\n')}\n\n${sum}\n`
}

const sayProven = (proven: CatalogueRow['proven']): string =>
  proven === undefined ? '' : [...(proven.twin.length > 0 ? ['twin'] : []), ...(proven.live.length > 0 ? ['live'] : [])].join(', ')
