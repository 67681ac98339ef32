/** Bad usage and bad manifests; 0, 1, 2 and 4 are verdicts. */
export const BAD_USAGE = 3

/** Says on standard error what is wrong with the call, and sets the exit status. */
export function misuse(message: string): void {
  process.stderr.write(`everyhop: ${message}\n`)
  process.exitCode = BAD_USAGE
}
