/** Bad usage and bad manifests; 0, 1, 2 and 4 are verdicts. */
export const BAD_USAGE = 3

/** Says on standard error what is wrong with the call, and sets the exit status. */
export function misuse(message: string): void {
  process.stderr.write(`everyhop: ${message}\n`)
  process.exitCode = BAD_USAGE
}

const REASONS: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'it may not be read or written', EISDIR: 'it is a directory' }

/** What the caller can mend, in a sentence; what the system says of a file names the file first. */
export function sentenceOf(error: Error): string {
  const { code, path } = error as NodeJS.ErrnoException
  const reason = code === undefined ? undefined : REASONS[code]
  return path === undefined || reason === undefined ? error.message : `${path}: ${reason}`
}
