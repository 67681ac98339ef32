import { readFile } from 'node:fs/promises'
import type { Report } from '@everyhop/chain'
import { readReports, ReportFileError, reportOf } from '@everyhop/prober'

/** The reports of a file. Throws ReportFileError. */
export async function readReportFile(file: string): Promise<readonly Report[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ReportFileError(file, 'there is no file that can be read')
  })
  return readReports(file, text)
}

export const theReportOf = (reports: readonly Report[], chain: string, environment: string, file: string): Report =>
  reportOf(reports, { chain, environment, file })
