import type { Report } from '@everyhop/chain'

export class ReportFileError extends Error {
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`)
    this.name = 'ReportFileError'
  }
}

const MAX_BYTES = 64 * 1024 * 1024

/** The reports of a file as `--format json` wrote it: one, or a list. Throws ReportFileError. */
export function readReports(file: string, text: string): readonly Report[] {
  if (text.length > MAX_BYTES) throw new ReportFileError(file, 'it is too long for a report')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ReportFileError(file, 'it is not JSON: write the report with --format json')
  }
  const reports: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (reports.length === 0 || !reports.every(isReport))
    throw new ReportFileError(file, 'it holds no report of the form everyhop.report/1: write it with --format json')
  return reports
}

/** The earlier report of the same chain and environment. Throws ReportFileError where there is none, or more than one. */
export function reportOf(reports: readonly Report[], { chain, environment, file }: Named): Report {
  const [found, another] = reports.filter((report) => report.chain === chain && report.environment === environment)
  if (found === undefined) {
    const held = reports.map((report) => `${report.chain} in ${report.environment}`).join(', ')
    throw new ReportFileError(file, `it has no report of ${chain} in ${environment}, but of ${held}`)
  }
  if (another !== undefined) throw new ReportFileError(file, `it has more than one report of ${chain} in ${environment}`)
  return found
}

type Named = { readonly chain: string; readonly environment: string; readonly file: string }
type Raw = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)
const hasTexts = (value: unknown, ...names: readonly string[]): value is Raw => isObject(value) && names.every((name) => typeof value[name] === 'string')
const isListOf = (value: unknown, isOne: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(isOne)

const isHop = (value: unknown): boolean => typeof value === 'string' || (isListOf(value, (one) => typeof one === 'string') && (value as string[]).length === 2)
const VERDICTS: ReadonlySet<unknown> = new Set(['broken', 'unproven', 'waived', 'holds', 'not-applicable'])
const isJudged = (value: unknown): boolean => hasTexts(value, 'control', 'place', 'owner', 'reason') && VERDICTS.has(value['verdict'])
const isFinding = (value: unknown): boolean =>
  hasTexts(value, 'attack', 'title', 'control', 'severity', 'outcome', 'layer', 'owner', 'contact') && isHop(value['hop'])

/** Every member that is read of an earlier report; what is only shown again is text. */
const isReport = (value: unknown): value is Report =>
  hasTexts(value, 'chain', 'environment', 'startedAt') &&
  value['schema'] === 'everyhop.report/1' &&
  isListOf(value['controls'], isJudged) &&
  isListOf(value['findings'], isFinding) &&
  isListOf(value['attacks'], (one) => hasTexts(one, 'attack', 'title', 'control', 'class', 'outcome', 'reason'))
