/** For how long what was spent is remembered once it was made, kind by kind: one span, unless policies differ or changed. */
export type Spans = {
  /** Whether something made at `made` was perhaps spent with a span that is over at `second`. */
  readonly mayForget: (kind: string, made: number, second: number) => boolean
  readonly keep: (kind: string, made: number, span: number) => void
}

export function createSpans(): Spans {
  /** By kind and span, when the latest was made of what was spent. As many as there were policies. */
  const kinds = new Map<string, Map<number, number>>()
  return {
    mayForget(kind, made, second) {
      for (const [span, latest] of kinds.get(kind) ?? []) if (latest >= made && second > made + span) return true
      return false
    },
    keep(kind, made, span) {
      const spans = kinds.get(kind) ?? new Map<number, number>()
      if (!((spans.get(span) ?? -1) >= made)) kinds.set(kind, spans.set(span, made))
    },
  }
}
