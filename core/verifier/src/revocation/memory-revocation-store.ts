import { LINGER, MAX_REVOCATIONS, PAGE, type RevocationStore } from './revocation-store.js'
import { readRevocationText, revocationText } from './revocation-text.js'

export type MemoryRevocationStoreOptions = {
  /**
   * Epoch seconds since when it knows of every revocation: tokens issued earlier are refused. When it is made by default, since an earlier
   * process may have known more. `always`: none did. For development, tests and a very first start.
   */
  readonly since?: number | 'always'
  /** Revocations that may live at once; when full it refuses to take more instead of forgetting. Default 100,000. */
  readonly max?: number
  /** Epoch seconds. */
  readonly clock?: () => number
}

/** For one process, and as long as that runs. */
export function createMemoryRevocationStore(options: MemoryRevocationStoreOptions = {}): RevocationStore {
  const { clock = () => Date.now() / 1000, max = MAX_REVOCATIONS } = options
  const since = options.since === 'always' ? 0 : (options.since ?? clock())
  /** In the order in which they came; by number and end. */
  const log = new Map<string, { readonly number: number; readonly until: number }>()
  let last = 0

  return {
    scope: 'process',
    async revoke(revocations) {
      const texts = revocations.map((revocation) => [revocationText(revocation), revocation.until] as const)
      for (const [text, { until }] of log) if (until + LINGER < clock()) log.delete(text)
      const added = new Map(texts.filter(([text]) => !log.has(text)))
      if (log.size + added.size > max) throw new Error('the revocation store has no room and forgets nothing early')
      for (const [text, until] of added) log.set(text, { number: ++last, until })
    },
    async changes(cursor = '0') {
      const after = Number(cursor)
      const news = after === last ? [] : [...log].filter(([, { number }]) => number > after)
      const page = news.slice(0, PAGE)
      return {
        watermark: clock(),
        since,
        memory: 'process',
        revocations: page.map(([text]) => readRevocationText(text)),
        cursor: String(page.at(-1)?.[1].number ?? last),
        more: news.length > page.length,
      }
    },
  }
}
