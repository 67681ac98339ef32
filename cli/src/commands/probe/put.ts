import { exitStatus, worst, type Report } from '@everyhop/chain'
import { writeWhole } from '../../write-file.js'
import type { Options } from './read-options.js'

/** The gate: the outcome, or the assurance; of the whole, or of what got worse. */
export function statusOf(reports: readonly Report[], { require: required, failOn, acceptWaived = false }: Options): number {
  const verdicts = reports.map((report) => {
    const judged = failOn === 'new' && report.baseline !== undefined ? report.baseline : report
    return required === 'assurance' ? judged.assurance : judged.verdict
  })
  return exitStatus(worst(verdicts), { acceptWaived })
}

/** To the file, or to standard output. */
export async function put({ output }: Pick<Options, 'output'>, text: string): Promise<void> {
  if (output === undefined) process.stdout.write(text)
  else await writeWhole(output, text, { mode: 0o644, replace: true })
}
