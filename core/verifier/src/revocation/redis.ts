import { CHANGES_SCRIPT, REVOKE_SCRIPT, SWEEP_SCRIPT } from './redis-scripts.js'
import { LINGER, MAX_REVOCATIONS, PAGE, type SharedRevocationStore } from './revocation-store.js'
import { readRevocationText, revocationText } from './revocation-text.js'
import { within } from './within.js'

export type RedisRevocationStoreOptions = {
  /** A client of `redis` (6.x), of a single server or of a cluster; connected by whoever made it. */
  readonly client: { eval(script: string, call: { keys: string[]; arguments: string[] }): Promise<unknown> }
  /** Default `everyhop:revocations`. The same at all instances. */
  readonly key?: string
  /**
   * Whether the server keeps every confirmed write through a crash and a promotion (`appendfsync always`, no replica that lags).
   * By default it is taken for one that may not, and tokens issued before its last start are refused.
   */
  readonly isDurable?: boolean
  /** Revocations that may live at once; when full it refuses to take more instead of forgetting. Default 100,000. */
  readonly max?: number
  /** Milliseconds that a revocation may take to be confirmed; default 2,000. */
  readonly deadlineMs?: number
}

/** Seconds between two sweeps of what is over. */
const SWEEP_EVERY = 60
const SWEEP_PAGE = '1000'

/** Shared by all instances through Redis 7 or newer, or Valkey; single or cluster. It can lose its memory, and then says so. */
export function createRedisRevocationStore(options: RedisRevocationStoreOptions): SharedRevocationStore {
  const { client, key = 'everyhop:revocations', isDurable = false, max = MAX_REVOCATIONS, deadlineMs = 2_000 } = options
  const durable = isDurable ? 'durable' : ''
  let sweptAt = -Infinity

  const run = (script: string, ...args: readonly string[]): Promise<unknown> => client.eval(script, { keys: [key], arguments: [...args] })

  async function sweep(): Promise<void> {
    sweptAt = performance.now()
    let after = '0'
    do after = String(await run(SWEEP_SCRIPT, durable, after, SWEEP_PAGE, String(LINGER)))
    while (after !== '')
  }

  async function revoke(texts: readonly string[]): Promise<void> {
    const add = () => run(REVOKE_SCRIPT, durable, String(max), ...texts)
    let answer = await add()
    if (answer === 'full') {
      await sweep()
      answer = await add()
    }
    if (answer !== 'revoked') throw new Error('the revocation store has no room and forgets nothing early')
    if (performance.now() - sweptAt >= SWEEP_EVERY * 1000) sweep().catch(() => undefined)
  }

  return {
    revoke: (revocations) => within(deadlineMs, () => revoke(revocations.map(revocationText))),
    async install() {
      await run(CHANGES_SCRIPT, `new ${durable}`, '', '0', '0')
    },
    async changes(cursor = '') {
      const [, number = '0', marker = ''] = /^(\d+) (.*)$/.exec(cursor) ?? []
      const answer = readAnswer(await run(CHANGES_SCRIPT, durable, marker, number, String(PAGE)))
      const { texts, numbers } = answer
      return {
        watermark: answer.now,
        since: Number(answer.marker.split(' ')[1]),
        memory: answer.marker,
        revocations: texts.map(readRevocationText),
        cursor: `${numbers.at(-1) ?? answer.last} ${answer.marker}`,
        more: texts.length === PAGE,
      }
    },
  }
}

type Answer = { readonly now: number; readonly marker: string; readonly last: string; readonly texts: readonly string[]; readonly numbers: readonly string[] }

function readAnswer(value: unknown): Answer {
  if (!Array.isArray(value) || !Array.isArray(value[3])) throw new Error('not the answer of the script')
  const [now, marker, last, page] = value as [unknown, unknown, unknown, unknown[]]
  const pairs = page.map(String)
  return {
    now: Number(now),
    marker: String(marker),
    last: String(last),
    texts: pairs.filter((_, index) => index % 2 === 0),
    numbers: pairs.filter((_, index) => index % 2 === 1),
  }
}
