/** Worst first: `broken` > `unproven` > `waived` > `holds`. `not-applicable` says nothing about the chain. */
export type Verdict = 'broken' | 'unproven' | 'waived' | 'holds' | 'not-applicable'

const WORST_FIRST = ['broken', 'unproven', 'waived', 'holds'] as const satisfies readonly Verdict[]

/** The verdict of a whole from those of its parts. Nothing applicable is `not-applicable`, never `holds`. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  const seen = new Set(verdicts)
  return WORST_FIRST.find((verdict) => seen.has(verdict)) ?? 'not-applicable'
}

/** Exit status of the command line. A chain to which nothing applies has proven nothing: 2. */
export function exitStatus(verdict: Verdict, options: { readonly acceptWaived: boolean }): number {
  switch (verdict) {
    case 'holds':
      return 0
    case 'broken':
      return 1
    case 'waived':
      return options.acceptWaived ? 0 : 4
    default:
      return 2
  }
}
