import type { Position } from '@everyhop/chain'

/** Something wrong with a manifest: where, what, and how to mend it. Codes are `subject.defect` and stable. */
export type Problem = Position & {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** In the order of reading. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  [...problems].sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.code, b.code))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
