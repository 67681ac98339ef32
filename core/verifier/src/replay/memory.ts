import { createHash, randomBytes } from 'node:crypto'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { countOf, createIdTable, extend, fill, isCrowded, rebuild, slotOf, untilAt, type IdTable, type Key } from './id-table.js'
import { createClientLimit } from './client-limit.js'
import { BASE64URL, LIVE_PER_OWNER, type ReplayStore } from './replay-store.js'
import { createSpans } from './spans.js'

export type MemoryReplayStoreOptions = {
  /** Ids that may live at once; when full it refuses instead of forgetting. Default 1,000,000, at most 100,000,000. */
  readonly max?: number
  /** Live ids of one key of a client. Default 1,000. */
  readonly perOwner?: number
  /** Live ids of one client, with however many keys, so that it cannot fill the store alone. Default half of `max`. */
  readonly perClient?: number
  /**
   * Since when it remembers (epoch seconds); default: since now. A process that ran before may have accepted what was made before,
   * so that is refused: for the first seconds also what honest clients send.
   * `always`: no process accepted anything before this one. For development, tests and a very first start.
   */
  readonly since?: number | 'always'
}

const IDS_A_TABLE = 2_048
/** What a slot can hold: the year 2106. */
const LAST_SECOND = 0xffff_ffff
/** Tables that one spend of a full store may sweep. */
const SWEEPS = 4

/**
 * For one process: instances do not share it, and its memory ends with the process.
 * 26 to 40 bytes an id: the table of an owner holds all ids of that owner, and tables grow one by one.
 */
export function createMemoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore & { readonly size: number } {
  const { max = 1_000_000, perOwner = LIVE_PER_OWNER } = options
  if (!(max >= 1 && max <= 100_000_000)) throw new ConfigError('config.replay-max', 'max must be 1 to 100,000,000 ids')
  if (!(perOwner >= 1)) throw new ConfigError('config.replay-per-owner', 'perOwner must be at least 1')
  const since = options.since === 'always' ? -Infinity : (options.since ?? Date.now() / 1000)
  const tables: (IdTable | undefined)[] = Array.from({ length: 2 ** Math.max(0, Math.floor(Math.log2(max / IDS_A_TABLE))) })
  const { homeOf, tagOf } = createMixer()
  const spans = createSpans()
  const ofClients = createClientLimit(options.perClient ?? Math.ceil(max / 2))
  let size = 0
  let sweptTo = -Infinity
  let next = 0

  function sweep(table: IdTable, second: number): void {
    size -= table.used
    rebuild(table, second, homeOf)
    size += table.used
    sweptTo = Math.max(sweptTo, second)
  }

  /** Whether there is room for one more. A table has nothing to give twice in one second, and a spend looks at a few only. */
  function makeRoom(second: number): boolean {
    for (let swept = 0; size >= max && swept < SWEEPS; swept += 1) {
      const table = tables[next]
      next = (next + 1) % tables.length
      if (table && table.sweptTo !== second) sweep(table, second)
    }
    return size < max
  }

  function remember({ id, owner, client, until: last, from, made, kind }: Omit<Spend, 'spent'>, now: number): SpendAnswer {
    const until = Math.ceil(last)
    // Whatever ended before `second` is over: ids end with whole seconds.
    const second = Math.ceil(now)
    if (!(until >= second && until <= LAST_SECOND)) return 'unavailable'
    const key = keyOf(id, homeOf)
    const tag = owner === undefined ? 0 : tagOf(owner)
    const index = (tag === 0 ? key.home : tag) % tables.length
    const table = (tables[index] ??= createIdTable())

    const known = slotOf(table, key)
    const remembered = untilAt(table, known)
    if (remembered !== 0 && remembered >= second) return 'spent'
    // A clock that was set back: what was over, and swept, is not over any more.
    if (!(from >= since && made <= until) || until < sweptTo || spans.mayForget(kind, made, second)) return 'forgotten'
    if (ofClients.isReached(client, now)) return 'limit'
    if (tag !== 0 && countOf(table, tag) >= perOwner) {
      if (table.sweptTo === second) return 'limit'
      sweep(table, second)
      if (countOf(table, tag) >= perOwner) return 'limit'
    } else if (remembered !== 0) {
      extend(table, known, until)
      return 'fresh'
    }
    if (size >= max && !makeRoom(second)) return 'full'
    if (isCrowded(table)) sweep(table, second)
    fill(table, slotOf(table, key), key, until, tag)
    size += 1
    return 'fresh'
  }

  return {
    scope: 'process',
    get size() {
      return size
    },
    spend(one, now) {
      const answer = remember(one, now)
      if (answer === 'fresh') {
        spans.keep(one.kind, one.made, Math.ceil(one.until) - one.made)
        ofClients.count(one.client, one.until)
      }
      return answer
    },
  }
}

/** Where ids and owners go, as nobody outside can foresee: else one could be made to crowd a table or a row of slots. */
function createMixer() {
  const secret = new Uint32Array(new Uint8Array(randomBytes(32)).buffer)
  const mix = (a: number, b: number, at: number) =>
    (Math.imul(a ^ secret[at]!, secret[at + 1]! | 1) + Math.imul(b ^ secret[at + 2]!, secret[at + 3]! | 1)) >>> 0
  return {
    homeOf: (k0: number, k1: number) => mix(k0, k1, 0),
    /** Never 0. Two owners of one tag share their limit. */
    tagOf: (owner: string) => {
      const { k0, k1 } = wordsOf(owner)
      return mix(k0, k1, 4) || 1
    },
  }
}

function keyOf(id: string, homeOf: (k0: number, k1: number) => number): Key {
  const { k0, k1, k2 } = wordsOf(id)
  return { k0, k1, k2, home: homeOf(k0, k1) }
}

/** Value of each character of base64url, by its code. */
const SIXTET = new Int8Array(128).fill(-1)
for (const [value, code] of Buffer.from(BASE64URL).entries()) SIXTET[code] = value

/** The first 96 bits of a base64url SHA-256; of the SHA-256 of whatever else. */
function wordsOf(id: string): { k0: number; k1: number; k2: number } {
  if (id.length !== 43) return wordsOf(createHash('sha256').update(id).digest('base64url'))
  let bad = 0
  const at = (index: number) => {
    const value = SIXTET[id.charCodeAt(index)] ?? -1
    bad |= value
    return value
  }
  // 16 characters are 96 bits: 5 and a third to a word.
  const k0 = (at(0) << 26) | (at(1) << 20) | (at(2) << 14) | (at(3) << 8) | (at(4) << 2) | (at(5) >> 4)
  const k1 = (at(5) << 28) | (at(6) << 22) | (at(7) << 16) | (at(8) << 10) | (at(9) << 4) | (at(10) >> 2)
  const k2 = (at(10) << 30) | (at(11) << 24) | (at(12) << 18) | (at(13) << 12) | (at(14) << 6) | at(15)
  if (bad < 0) return wordsOf(`${id}.`)
  return { k0: k0 >>> 0, k1: k1 >>> 0, k2: k2 >>> 0 }
}
