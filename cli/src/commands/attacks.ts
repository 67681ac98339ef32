import { Command, Option } from 'commander'

type Settings = { readonly format: 'text' | 'json' }

/** `everyhop attacks`: every row of the catalogue, whether an attack implements it or not. */
export function build(): Command {
  return new Command('everyhop attacks')
    .description('Lists every attack of the catalogue: what goes wrong if it succeeds, its control and class, and whether it is implemented.')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  everyhop attacks\n  everyhop attacks --format json')
    .action(async ({ format }: Settings) => {
      const { catalogueRows } = await import('@everyhop/prober')
      const rows = catalogueRows()
      process.stdout.write(format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : asText(rows))
    })
}

type Row = {
  readonly id: string
  readonly prod: string
  readonly control: string
  readonly title: string
  readonly implemented: boolean
  readonly reason?: string
}

function asText(rows: readonly Row[]): string {
  const lines = rows.map(({ id, prod, control, title, implemented, reason }) => {
    const start = `${implemented ? '+' : ' '} ${id.padEnd(8)} ${prod}  ${control}  ${title}`
    return reason === undefined ? start : `${start} (not implemented yet: it ${reason})`
  })
  const count = rows.filter(({ implemented }) => implemented).length
  return `${lines.join('\n')}\n\n${count} attacks are implemented (+); ${rows.length - count} rows of the catalogue are not yet.\n`
}
