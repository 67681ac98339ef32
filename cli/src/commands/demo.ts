import type { Chain, Report } from '@everyhop/chain'
import { renderText } from '@everyhop/prober'
import { Command, InvalidArgumentError, Option } from 'commander'
import { colours, isColourful } from '../colours.js'
import { misuse } from '../exit-code.js'

type Options = { readonly format: 'text' | 'json'; readonly only?: readonly string[]; readonly keep: boolean }

/** What the testbed offers. It is private and comes with a checkout only, so the command knows its shape and not the package. */
type Testbed = {
  readonly DEMO_CHAINS: readonly string[]
  readonly runDemo: (options: {
    readonly only?: readonly string[]
    readonly keep: boolean
    readonly onChain: (name: string, title: string) => void
  }) => AsyncIterable<Run>
}

type Run = {
  readonly name: string
  readonly title: string
  readonly declared: {
    readonly verdict: string
    readonly fault?: { readonly hop: string; readonly layer: string; readonly owner: string; readonly coFault?: string }
  }
  readonly report: Report
  readonly chain: Chain
  readonly front: 'nginx' | 'own hop'
  readonly took: number
  readonly kept?: string
  readonly asDeclared: boolean
}

const BROKEN = 1

export function build(): Command {
  return new Command('everyhop demo')
    .description('Runs live chains on loopback one after the other, attacks each, and compares what is found with what each was built to show.')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .option('--only <names>', 'some of the chains, separated by commas', names)
    .option('--keep', 'keep the files of each run: manifest, configuration of nginx, runner file', false)
    .addHelpText('after', '\nExamples:\n  everyhop demo\n  everyhop demo --only sound,shared-edge\n  everyhop demo --format json')
    .action(run)
}

function names(list: string): readonly string[] {
  const all = list.split(',').map((name) => name.trim())
  if (all.includes('')) throw new InvalidArgumentError('write names separated by commas')
  return all
}

async function run({ format, only, keep }: Options): Promise<void> {
  const testbed = await loadTestbed()
  if (testbed === undefined) return misuse('the demo needs a checkout of the repository: it runs servers that the package does not contain')
  const unknown = only?.filter((name) => !testbed.DEMO_CHAINS.includes(name)) ?? []
  if (unknown.length > 0) return misuse(`no chain is called ${unknown.join(', ')}; there are ${testbed.DEMO_CHAINS.join(', ')}`)

  const isText = format === 'text'
  const runs: Run[] = []
  const startedAt = performance.now()
  const onChain = (name: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`${name}: building the chain and attacking it …\n`)
  }
  for await (const one of testbed.runDemo({ ...(only === undefined ? {} : { only }), keep, onChain })) {
    runs.push(one)
    if (isText) process.stdout.write(chapter(one))
  }
  const ok = runs.every(({ asDeclared }) => asDeclared)
  if (isText) process.stdout.write(table(runs, performance.now() - startedAt))
  else
    process.stdout.write(
      `${JSON.stringify({ schema: 'everyhop.demo/1', chains: runs.map(({ name, declared, report }) => ({ name, declared, report })), ok }, null, 2)}\n`,
    )
  process.exitCode = ok ? 0 : BROKEN
}

/** Its name stands in a variable so that installing the command does not ask for a package that nobody can install. */
async function loadTestbed(): Promise<Testbed | undefined> {
  const name = '@everyhop/testbed'
  try {
    return (await import(name)) as Testbed
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(name)) return undefined
    throw error
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function chapter({ name, title, report, chain, front, took, kept }: Run): string {
  const edge = front === 'nginx' ? '' : "nginx is not installed here: the edge is Everyhop's own TLS-terminating hop\n"
  const files = kept === undefined ? '' : `files: ${kept}\n`
  return `\n${colours.bold(`${name}: ${title}`)}\n${edge}${files}\n${renderText(report, { colour: isColourful, chain })}\n${colours.dim(`took ${seconds(took)}`)}\n`
}

function table(runs: readonly Run[], ms: number): string {
  const rows = runs.map(({ name, declared, report, asDeclared }) => [
    name,
    inWords(declared),
    foundIn(report, declared),
    asDeclared ? 'as declared' : 'NOT as declared',
  ])
  const head = ['chain', 'built to be', 'found', '']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  return `\n${[colours.dim(line(head)), ...rows.map(line)].join('\n')}\n\n${runs.length} chains in ${seconds(ms)}; nothing is left running.\n`
}

function inWords({ verdict, fault }: Run['declared']): string {
  if (fault === undefined) return verdict
  return `${verdict} at ${fault.hop} (${fault.layer}: ${fault.owner}${fault.coFault === undefined ? '' : `, with ${fault.coFault}`})`
}

/** Of several breaches the one that the chain was built for, else the first. */
function foundIn({ verdict, findings }: Report, { fault }: Run['declared']): string {
  const breaches = findings.filter(({ outcome }) => outcome === 'breached')
  const finding = breaches.find(({ hop, owner }) => hop === fault?.hop && owner === fault.owner) ?? breaches[0]
  if (finding === undefined) return verdict
  const { hop, layer, owner, coFaults } = finding
  const others = [...new Set(coFaults.map((co) => co.owner))]
  return `${verdict} at ${typeof hop === 'string' ? hop : hop.join('..')} (${layer}: ${owner}${others.length === 0 ? '' : `, with ${others.join(', ')}`})`
}
