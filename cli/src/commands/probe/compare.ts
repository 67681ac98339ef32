import type { Report } from '@everyhop/chain'
import { compareReports, renderComparison, renderComparisonMarkdown, ReportFileError, type Attack, type Comparison } from '@everyhop/prober'
import { loadChains } from '../../load-chains.js'
import { interruptible } from './interrupts.js'
import { probeEach } from './probe-each.js'
import { put, statusOf } from './put.js'
import type { Options } from './read-options.js'
import { readReportFile } from './report-files.js'

type Pair = readonly [string, string]

/** Two environments, probed one after the other, or two reports of earlier runs, which needs no credentials and sends nothing. */
export async function compare(options: Options, pair: Pair, attacks: readonly Attack[]): Promise<void> {
  if (pair.every((name) => name.endsWith('.json'))) {
    const [left, right] = await Promise.all(pair.map(onlyReport))
    return tell(options, left!, right!)
  }
  const reports: Report[] = []
  const stopped = await interruptible(async (signal) => {
    for (const [index, env] of pair.entries()) {
      const chains = await loadChains({ ...options, env })
      if (chains === undefined) return
      const { runner: runners = [] } = options
      const { attacks: folder, ...rest } = options
      const setting = { ...rest, env, attacks, signal, runner: runners[index] ?? runners[0] ?? '', ...(folder === undefined ? {} : { folder }) }
      reports.push(...(await probeEach(chains, setting)).map(({ report }) => report))
    }
  })
  if (stopped !== undefined) process.exitCode = stopped
  const [left, right] = reports
  if (stopped === undefined && left !== undefined && right !== undefined) await tell(options, left, right)
}

async function onlyReport(file: string): Promise<Report> {
  const [report, ...more] = await readReportFile(file)
  if (report === undefined || more.length > 0) throw new ReportFileError(file, 'it has reports of several chains: compare reports of one')
  return report
}

const FORMS = { text: renderComparison, markdown: renderComparisonMarkdown, json: (comparison: Comparison) => `${JSON.stringify(comparison, null, 2)}\n` }

async function tell(options: Options, left: Report, right: Report): Promise<void> {
  const render = options.format === 'markdown' || options.format === 'json' ? FORMS[options.format] : FORMS.text
  await put(options, render(compareReports(left, right)))
  process.exitCode = statusOf([left, right], options)
}
