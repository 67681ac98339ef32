import { exitStatus } from '@everyhop/chain'
import {
  IssuerError,
  loadAttacks,
  OwnAttacksError,
  CATALOGUE,
  isWanted,
  planOf,
  ReportFileError,
  RunnerFileError,
  sinceBaseline,
  type Attack,
} from '@everyhop/prober'
import { isColourful } from '../../colours.js'
import { misuse } from '../../exit-code.js'
import { loadChains } from '../../load-chains.js'
import { compare } from './compare.js'
import { FORMS } from './forms.js'
import { interruptible } from './interrupts.js'
import { renderPlan } from './plan.js'
import { probeEach } from './probe-each.js'
import { readReportFile, theReportOf } from './report-files.js'
import { put, statusOf } from './put.js'
import { contradiction, type Options } from './read-options.js'

export async function run(options: Options): Promise<void> {
  const wrong = contradiction(options)
  if (wrong !== undefined) return misuse(wrong)
  try {
    const attacks = options.attacks === undefined ? CATALOGUE : [...CATALOGUE, ...(await loadAttacks(options.attacks))]
    const unknown = options.only?.find((id) => !attacks.some((one) => isWanted(one.id, [id])))
    if (unknown !== undefined) return misuse(`no attack is called ${unknown}: everyhop attacks lists them`)
    await (options.compare === undefined ? attack(options, attacks) : compare(options, options.compare, attacks))
  } catch (error) {
    // What the caller can mend is said in a sentence; anything else is a fault of ours and keeps its trace.
    if (error instanceof IssuerError) {
      process.stderr.write(`everyhop: ${error.message}: without a token nothing is proven\n`)
      process.exitCode = exitStatus('unproven', { acceptWaived: false })
    } else if (isMisuse(error)) misuse(error.message)
    else throw error
  }
}

const isMisuse = (error: unknown): error is Error => [RunnerFileError, ReportFileError, OwnAttacksError, TypeError].some((kind) => error instanceof kind)

async function attack(options: Options, attacks: readonly Attack[]): Promise<void> {
  const chains = await loadChains(options)
  if (chains === undefined) return
  if (options.plan === true) {
    for (const chain of chains) process.stdout.write(renderPlan(chain, planOf(chain, options.only, attacks)))
    return
  }
  // Before anything is sent: a run that cannot be compared would be one for nothing.
  const { baseline } = options
  const earlier = baseline === undefined ? undefined : await readReportFile(baseline)
  const earlierOf = chains.map((chain) => earlier && theReportOf(earlier, chain.name, chain.environment, baseline!))
  const [runner = ''] = options.runner ?? []
  const stopped = await interruptible(async (signal) => {
    const { attacks: folder, ...rest } = options
    const reports = await probeEach(chains, { ...rest, attacks, runner, signal, ...(folder === undefined ? {} : { folder }) })
    const all = reports.map(({ chain, report }, index) => {
      const before = earlierOf[index]
      return { chain, report: before === undefined ? report : sinceBaseline(report, before) }
    })
    for (const { form, file } of options.also ?? []) await put({ output: file }, FORMS[form](all, { colour: false }))
    await put(options, FORMS[options.format](all, { colour: isColourful && options.output === undefined }))
    process.exitCode = statusOf(
      all.map(({ report }) => report),
      options,
    )
  })
  if (stopped !== undefined) process.exitCode = stopped
}
