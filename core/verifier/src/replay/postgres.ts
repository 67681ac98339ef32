import type { Spend, SpendAnswer } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { withBreaker, type BreakerOptions } from './breaker.js'
import { withClientLimit } from './client-limit.js'
import { postgresReplaySchema } from './postgres-schema.js'
import { LIVE_PER_OWNER, NOTHING, type ReplayStore } from './replay-store.js'
import { CLOCK_DIFFERENCE, noAnswer, tell, type SharedStoreOptions } from './trouble.js'

export { postgresReplaySchema }

/** What is used of a pool of `pg` (8.x). */
export type PostgresPool = {
  query(query: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{ rows: Record<string, unknown>[] }>
}

export type PostgresReplayStoreOptions = SharedStoreOptions &
  BreakerOptions & {
    readonly pool: PostgresPool
    /** Where `postgresReplaySchema` put table and functions; default `everyhop`. */
    readonly schema?: string
  }

/** Rows that one sweep removes at most, and how often an instance sweeps. */
const BATCH = 5_000
const SWEEP_EVERY_MS = 1_000

/** Runs `postgresReplaySchema`. Harmless where all is there already, and at several instances at once. */
export async function migratePostgresReplayStore(pool: PostgresPool, schema?: string): Promise<void> {
  await pool.query({ text: postgresReplaySchema(schema) })
}

/**
 * Shared by all instances through a Postgres; its table must be there: `migratePostgresReplayStore`.
 * A spend is one statement and is answered when it is on disk. A server that was started again, restored, replaced or emptied
 * is known in that statement, and what it may have forgotten is refused.
 */
export function createPostgresReplayStore(options: PostgresReplayStoreOptions): ReplayStore {
  const { pool, schema = 'everyhop', perOwner = LIVE_PER_OWNER, clockDifference = CLOCK_DIFFERENCE, deadlineMs = 500, onTrouble } = options
  if (!(perOwner >= 1 && clockDifference >= 0)) throw new ConfigError('config.replay-store', 'perOwner must be at least 1, clockDifference not negative')
  postgresReplaySchema(schema)
  const text = `select ${schema}.spend($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as answer`
  let sweptAt = -Infinity

  async function run({ id, until, from, owner, made, kind }: Omit<Spend, 'spent'>, now: number): Promise<unknown> {
    const whose = owner === undefined ? null : digestOf(owner)
    const values = [digestOf(id), Math.ceil(until), from, now, clockDifference, whose, whose?.readInt32BE(0) ?? 0, perOwner, made, Buffer.from(kind)]
    const { rows } = await pool.query({ text, values, query_timeout: deadlineMs })
    return rows[0]?.['answer']
  }

  /** Beside the requests, at one instance at a time, in small batches. What it fails to do the next does. */
  function sweep(): void {
    if (performance.now() - sweptAt < SWEEP_EVERY_MS) return
    sweptAt = performance.now()
    pool.query({ text: `select ${schema}.sweep($1, $2)`, values: [clockDifference, BATCH] }).catch(() => undefined)
  }

  async function spend(one: Omit<Spend, 'spent'>, now: number): Promise<SpendAnswer> {
    const answer = await run(one, now)
    switch (answer) {
      case 'fresh':
      case 'spent':
      case 'forgotten':
      case 'limit':
        sweep()
        return answer
      case 'lost':
        tell(onTrouble, 'memory-lost')
        return 'forgotten'
      case 'clocks-differ':
      case 'not-primary':
        tell(onTrouble, answer)
        return 'unavailable'
      case 'over':
        return 'unavailable'
      default:
        throw new Error('not an answer of the function')
    }
  }

  const store: ReplayStore = {
    spend,
    async ready() {
      const answer = await run(NOTHING, Date.now() / 1000).catch((error: unknown) => (error as { code?: unknown }).code)
      if (answer !== 'ready')
        throw new ConfigError('config.replay-store', `the replay store in Postgres cannot be used: ${WRONG[String(answer)] ?? noAnswer(answer)}`)
    },
  }
  return withClientLimit(withBreaker(store, options), options.perClient)
}

/** By the function's answer, or by the SQLSTATE of the error. */
const WRONG: Readonly<Record<string, string>> = {
  'clocks-differ': 'its clock and ours differ by more than clockDifference',
  'not-primary': 'it is a replica',
  isolation: 'default_transaction_isolation must be read committed',
  '3F000': 'its schema is missing; run migratePostgresReplayStore',
  '42P01': 'its table is missing; run migratePostgresReplayStore',
  '42883': 'its functions are missing; run migratePostgresReplayStore',
  '42501': 'its role may not use the table or the functions',
}

/** 32 bytes of a base64url SHA-256. */
const digestOf = (text: string): Buffer => Buffer.from(text, 'base64url')
