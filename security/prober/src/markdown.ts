/** One line without what steers a terminal. */
const line = (text: string): string => text.replace(/\s+/g, ' ').replace(/\p{Cc}|[\uD800-\uDFFF]/gu, '?')

/** Text that stays text: no markup, no tag, no cell of a table; and nobody is called and nothing linked by `@` and `#`. */
export const words = (text: string): string =>
  line(text)
    .replace(/[\\`*_{}[\]<>()|~&!]/g, '\\$&')
    .replace(/[@#]/g, '$&\u200B')

/** A code span around anything: its fence is longer than every run of backticks in it. */
export function code(text: string): string {
  const inner = line(text)
  const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${inner}${fence}` : `${fence} ${inner} ${fence}`
}
