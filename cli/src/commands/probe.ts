import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { exitStatus, worst, type Chain } from '@everyhop/chain'
import {
  InterruptedError,
  IssuerError,
  planOf,
  probe,
  readRunnerFile,
  renderHtml,
  renderJunit,
  renderMarkdown,
  renderSarif,
  renderText,
  RunnerFileError,
  type Progress,
  type Reported,
} from '@everyhop/prober'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isColourful } from '../colours.js'
import { misuse } from '../exit-code.js'
import { collect, loadChains, type ManifestOptions } from '../load-chains.js'
import { writeWhole } from '../write-file.js'

type Format = keyof typeof FORMATS

type Options = ManifestOptions & {
  readonly runner: string
  readonly only?: readonly string[]
  readonly format: Format
  readonly output?: string
  readonly seed?: number
  readonly acceptWaived?: boolean
  readonly require?: 'assurance'
  readonly plan?: boolean
}

export function build(): Command {
  return new Command('everyhop probe')
    .description('Attacks the chain, and names the hop, the layer and the owner of each failure.')
    .option('-f, --file <file>', 'a manifest; may be given more than once, the worst verdict counts (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .requiredOption('--runner <file>', "the prober's own credentials: kept outside the repository, mode 0600")
    .option('--only <ids>', 'run these attacks or families only: TOK-01,RPL', readIds)
    .addOption(new Option('--format <format>', 'how to print').choices(Object.keys(FORMATS)).default('text'))
    .option('--output <file>', 'write the report there instead of to standard output')
    .option('--seed <number>', 'choose the same requests to go untagged as an earlier run, whose report names its seed (default: by chance)', readSeed)
    .option('--accept-waived', 'a verdict of `waived` ends with 0 instead of 4')
    .addOption(new Option('--require <what>', 'count every applicable control, not only those that the attacks reached').choices(['assurance']))
    .option('--plan', 'say what would be run, and send nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  everyhop probe --runner ~/.everyhop/orders.json\n  everyhop probe -f everyhop.yaml --env staging --runner runner.json --format json --output report.json\n  everyhop probe --runner runner.json --format junit --output everyhop.xml\n  everyhop probe --runner runner.json --format sarif --output everyhop.sarif\n  everyhop probe --runner runner.json --format markdown --output comment.md\n  everyhop probe --runner runner.json --format html --output report.html\n  everyhop probe --runner runner.json --only TOK-01,TOK-02\n\nExit status: 0 holds, 1 broken, 2 unproven, 3 bad usage or manifest, 4 waived only.',
    )
    .action(run)
}

async function run(options: Options): Promise<void> {
  const chains = await loadChains(options)
  if (chains === undefined) return
  const unknown = options.only?.find((id) => chains.every((chain) => planOf(chain, [id]).length === 0))
  if (unknown !== undefined) {
    misuse(`no attack is called ${unknown}: everyhop attacks lists them`)
    return
  }
  if (options.plan === true) {
    for (const chain of chains) process.stdout.write(renderPlan(chain, options))
    return
  }
  // What the run took from the issuer is given back also when somebody stops it; a second signal ends at once.
  const interrupted = new AbortController()
  let status = 130
  const stop = (signal: NodeJS.Signals): void => {
    status = signal === 'SIGTERM' ? 143 : 130
    process.stderr.write('\neveryhop: stopping, and revoking the tokens of this run\n')
    interrupted.abort()
    unwatch()
  }
  const unwatch = (): void => void process.off('SIGINT', stop).off('SIGTERM', stop)
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const reports: Reported[] = []
  try {
    if (!existsSync(options.runner)) return misuse(`${options.runner}: there is no such file`)
    const runner = readRunnerFile(options.runner)
    for (const [index, chain] of chains.entries()) {
      const file = (options.file ?? ['everyhop.yaml'])[index]
      const report = await probe({
        chain,
        runner,
        signal: interrupted.signal,
        command: ['everyhop probe', `-f ${file}`, ...(options.env === undefined ? [] : [`--env ${options.env}`]), `--runner ${options.runner}`].join(' '),
        ...(options.only === undefined ? {} : { only: options.only }),
        seed: options.seed ?? randomInt(1_000_000_000),
        ...(process.stderr.isTTY ? { onProgress: showProgress } : {}),
      })
      reports.push({ chain, report })
    }
  } catch (error) {
    if (error instanceof InterruptedError) {
      process.exitCode = status
      return
    }
    // What the caller can mend is said in a sentence; anything else is a fault of ours and keeps its trace.
    if (error instanceof IssuerError) {
      process.stderr.write(`everyhop: ${error.message}: without a token nothing is proven\n`)
      process.exitCode = exitStatus('unproven', { acceptWaived: false })
      return
    }
    if (!(error instanceof RunnerFileError || error instanceof TypeError)) throw error
    misuse(error.message)
    return
  } finally {
    unwatch()
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  }
  const text = FORMATS[options.format](reports, { colour: isColourful && options.output === undefined })
  if (options.output === undefined) process.stdout.write(text)
  else await writeWhole(options.output, text, { mode: 0o644, replace: true })
  process.exitCode = exitStatus(worst(reports.map(({ report }) => (options.require === 'assurance' ? report.assurance : report.verdict))), {
    acceptWaived: options.acceptWaived === true,
  })
}

function renderPlan(chain: Chain, { only }: Options): string {
  const lines = planOf(chain, only).map(({ id, prod, title, isPermitted }) => `  ${id.padEnd(8)} ${prod}  ${isPermitted ? '' : '(not here) '}${title}`)
  return `${chain.name} (${chain.environment})\n${lines.join('\n')}\n`
}

const FORMATS = {
  text: (reports: readonly Reported[], { colour }: { readonly colour: boolean }) =>
    reports.map(({ chain, report }) => renderText(report, { colour, ...(chain && { chain }) })).join('\n'),
  json: renderJson,
  junit: renderJunit,
  sarif: renderSarif,
  markdown: renderMarkdown,
  html: renderHtml,
}

/** One report as it is; several as a list. */
function renderJson(reports: readonly Reported[]): string {
  const all = reports.map(({ report }) => report)
  return `${JSON.stringify(all.length === 1 ? all[0] : all, null, 2)}\n`
}

function showProgress({ done, of, attack }: Progress): void {
  process.stderr.write(`\r\u001B[K${done}/${of} ${attack}`)
}

function readIds(value: string): readonly string[] {
  const ids = value.split(',').map((id) => id.trim())
  if (ids.some((id) => !/^[A-Z]{3,4}(?:-\d{2}[a-z]?)?$/.test(id)))
    throw new InvalidArgumentError('name attacks as `everyhop attacks` lists them, with commas between them')
  return ids
}

function readSeed(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('it is a whole number')
  return Number(value)
}
