import { createHash } from 'node:crypto'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { withBreaker, type BreakerOptions } from './breaker.js'
import { withClientLimit } from './client-limit.js'
import { SPEND_SCRIPT } from './redis-script.js'
import { BASE64URL, LIVE_PER_OWNER, NOTHING, type ReplayStore } from './replay-store.js'
import { CLOCK_DIFFERENCE, noAnswer, tell, type SharedStoreOptions } from './trouble.js'

type ScriptCall = { keys: string[]; arguments: string[] }

/** What is used of a client of `redis` (6.x), of a single server or of a cluster; connected by whoever made it. */
export type RedisClient = {
  evalSha(sha: string, call: ScriptCall): Promise<unknown>
  eval(script: string, call: ScriptCall): Promise<unknown>
}

export type RedisReplayStoreOptions = SharedStoreOptions &
  BreakerOptions & {
    readonly client: RedisClient
    /** What all keys begin with; default `everyhop:replay`. The same at all instances that share the memory. */
    readonly prefix?: string
  }

/**
 * Owners are spread over so many hash slots by their first character, each with a marker that tells when its memory began.
 * No option: instances that disagree about it would not share a memory.
 */
const BUCKETS = BASE64URL.split('')

/** Base64url characters kept of an id: 132 bits. Two that are equal by chance refuse a request, and never accept one. */
const KEPT = 22

const SCRIPT_SHA = createHash('sha1').update(SPEND_SCRIPT).digest('hex')

/**
 * Shared by all instances through Redis 7 or newer, or Valkey; single or cluster, without eviction (`maxmemory-policy noeviction`).
 * A server that may have lost its memory (started again, promoted, wiped) is known in the same round trip, and what it may have
 * forgotten is refused. Give the time of the instance as `now`: a clock that is too far from the server's is refused as well.
 */
export function createRedisReplayStore(options: RedisReplayStoreOptions): ReplayStore {
  const { client, prefix = 'everyhop:replay', perOwner = LIVE_PER_OWNER, clockDifference = CLOCK_DIFFERENCE, onTrouble } = options
  if (!(perOwner >= 1 && clockDifference >= 0)) throw new ConfigError('config.replay-store', 'perOwner must be at least 1, clockDifference not negative')

  /** `name` is what the memory is kept by: the owner, or the id of what has none. */
  async function run(name: string, { id, until, from, owner, made, kind }: Omit<Spend, 'spent'>, now: number): Promise<string> {
    const bucket = `${prefix}:{${name[0]}}`
    const numbers = [Math.ceil(until), from, now, clockDifference, owner === undefined ? 0 : perOwner, made]
    const call = { keys: [bucket, `${bucket}:${name}`], arguments: [id.slice(0, KEPT), ...numbers.map(String), kind] }
    try {
      return String(await client.evalSha(SCRIPT_SHA, call))
    } catch (error) {
      // The text runs the same checks as its hash: in which life of the server it arrives does not matter.
      if (codeOf(error) === 'NOSCRIPT') return String(await client.eval(SPEND_SCRIPT, call))
      if (codeOf(error) === 'OOM') return 'full'
      throw error
    }
  }

  /** What a server lost, it lost in all buckets: their memories begin now, not when somebody comes by. */
  const beginAll = (now: number): Promise<readonly string[]> => Promise.all(BUCKETS.map((name) => run(name, NOTHING, now)))

  async function spend(one: Omit<Spend, 'spent'>, now: number): Promise<SpendAnswer> {
    const answer = await run(one.owner ?? one.id, one, now)
    switch (answer) {
      case 'fresh':
      case 'spent':
      case 'forgotten':
      case 'limit':
      case 'full':
        return answer
      case 'lost':
        tell(onTrouble, 'memory-lost')
        beginAll(now).catch(() => undefined)
        return 'forgotten'
      case 'clocks-differ':
      case 'evicting':
      case 'not-primary':
      case 'too-old':
        tell(onTrouble, answer)
        return 'unavailable'
      case 'over':
        return 'unavailable'
      default:
        throw new Error('not an answer of the script')
    }
  }

  const store: ReplayStore = {
    spend,
    async ready() {
      const answers = await beginAll(Date.now() / 1000).catch((error: unknown) => [codeOf(error)])
      const wrong = answers.find((answer) => answer !== 'ready')
      if (wrong !== undefined) throw new ConfigError('config.replay-store', `the replay store in Redis cannot be used: ${WRONG[wrong] ?? noAnswer(wrong)}`)
    },
  }
  return withClientLimit(withBreaker(store, options), options.perClient)
}

const WRONG: Readonly<Record<string, string>> = {
  'too-old': 'it needs Redis 7 or newer, or Valkey',
  evicting: 'it evicts keys when its memory is full; set maxmemory-policy noeviction',
  'not-primary': 'it is a replica',
  'clocks-differ': 'its clock and ours differ by more than clockDifference',
  NOPERM: 'its user may not run the commands that it needs: EVAL, EVALSHA, INFO, TIME and those on keys below the prefix',
  full: 'its memory is full',
}

/** The first word of what Redis says of an error. Nothing else of it is used: the rest may quote keys. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return error.message.includes("can't run this command") ? 'NOPERM' : (error.message.split(' ', 1)[0] ?? '')
}
