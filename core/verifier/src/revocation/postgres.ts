import { LINGER, MAX_REVOCATIONS, PAGE, type SharedRevocationStore } from './revocation-store.js'
import { readRevocationText, revocationText } from './revocation-text.js'
import { within } from './within.js'

export type PostgresRevocationStoreOptions = {
  /** A pool of `pg` (8.x). */
  readonly pool: { query(query: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{ rows: Record<string, unknown>[] }> }
  /** Where `install` puts the table `revocations`; default `everyhop`. */
  readonly schema?: string
  /** Revocations that may live at once; when full it refuses to take more instead of forgetting. Default 100,000. */
  readonly max?: number
  /** Milliseconds that a revocation may take to be confirmed; default 2,000. */
  readonly deadlineMs?: number
}

const NAME = /^[a-z_][a-z0-9_]{0,62}$/

/**
 * Shared by all instances through a Postgres, whose table `install` makes. A revocation is confirmed when it is on disk. A server that
 * is emptied, restored from an older state or promoted without the last writes says that it lost its memory: itself, or as soon as an
 * instance comes that knew more.
 */
export function createPostgresRevocationStore(options: PostgresRevocationStoreOptions): SharedRevocationStore {
  const { pool, schema = 'everyhop', max = MAX_REVOCATIONS, deadlineMs = 2_000 } = options
  if (!NAME.test(schema)) throw new TypeError('the schema must be a plain name: a-z, 0-9, _')
  const sql = statements(schema)
  const run = async (text: string, values: unknown[]) => (await pool.query({ text, values, query_timeout: deadlineMs })).rows

  async function revoke(texts: readonly string[], untils: readonly number[]): Promise<void> {
    await run(sql.begin, [])
    await run(sql.sweep, [LINGER])
    const rows = await run(sql.revoke, [texts, untils, texts.length, max])
    if (rows.length === 0) throw new Error('the revocation store has no room and forgets nothing early')
  }

  return {
    revoke: (revocations) =>
      within(deadlineMs, () =>
        revoke(
          revocations.map(revocationText),
          revocations.map(({ until }) => until),
        ),
      ),
    async install() {
      await pool.query({ text: sql.install })
    },
    async changes(cursor = '') {
      const [, number = '0', id = '', life = ''] = /^(\d+) (\S+) (\S+)$/.exec(cursor) ?? []
      const ask = async () => (await run(sql.changes, [number, id, life, PAGE])) as unknown as readonly Row[]
      let rows = await ask()
      const isBehind = (): boolean => rows[0] === undefined || (rows[0].id === id && Number(rows[0].last) < Number(number))
      if (isBehind()) {
        await run(sql.again, [id, number])
        rows = await ask()
      }
      const [first] = rows
      if (first === undefined || isBehind()) throw new Error('the revocation store has no memory')
      if (first.standby) throw new Error('a standby does not know what was revoked just now')
      const told = rows.flatMap((row) => (row.text === null ? [] : [{ number: row.number, text: row.text }]))
      const memory = `${first.id} ${first.life}`
      return {
        watermark: first.now,
        since: first.since,
        memory,
        revocations: told.map(({ text }) => readRevocationText(text)),
        cursor: `${told.at(-1)?.number ?? first.last} ${memory}`,
        more: told.length === PAGE,
      }
    },
  }
}

/** Numbers of 64 bits come as text. `life` is another one in each process of the server. */
type Row = {
  readonly now: number
  readonly standby: boolean
  readonly id: string
  readonly life: string
  readonly since: number
  readonly last: string
  readonly number: string | null
  readonly text: string | null
}

/** So that instances that install at once do not get into each other's way. */
const INSTALL_LOCK = 1_166_239_843
const NOW = 'extract(epoch from clock_timestamp())::double precision'
const LIFE = 'extract(epoch from pg_postmaster_start_time())::text'

/**
 * The row without text is the marker of this memory, in the table that it speaks for, so that whatever empties that takes it along; its
 * number is the last one, negative. It is locked by whoever takes numbers until that is committed: so they become visible in their
 * order, and no reader passes one by. What is told is of the start of its statement at the earliest, and the watermark says no later.
 */
const statements = (schema: string) => ({
  install: `
    select pg_advisory_xact_lock(${INSTALL_LOCK});
    create schema if not exists ${schema};
    create table if not exists ${schema}.revocations (
      text text primary key, number bigint not null unique, until double precision not null, id uuid, since double precision
    );
    ${beginning(schema, '0', '0')} on conflict (text) do nothing`,
  begin: `${beginning(schema, '0', NOW)} on conflict (text) do nothing`,
  again: `
    ${beginning(schema, '-$2::bigint', NOW)} on conflict (text) do update set id = excluded.id, since = excluded.since, number = excluded.number
    where memory.id::text = $1 and -memory.number < $2::bigint`,
  sweep: `delete from ${schema}.revocations where until < ${NOW} - $1::double precision`,
  revoke: `
    with durable as (
      select case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', true) end
    ), taken as (
      update ${schema}.revocations as memory set number = number - $3::bigint from durable
      where text = '' and (
        (select count(*) - 1 from ${schema}.revocations) + $3::bigint <= $4::bigint
        or not exists (select from unnest($1::text[]) as one where one not in (select text from ${schema}.revocations))
      )
      returning -number - $3::bigint as before
    ), added as (
      insert into ${schema}.revocations (text, number, until)
      select one.text, taken.before + one.place, one.until
      from taken, unnest($1::text[], $2::double precision[]) with ordinality as one (text, until, place)
      on conflict (text) do nothing
    )
    select before from taken`,
  changes: `
    select extract(epoch from statement_timestamp())::double precision as now, pg_is_in_recovery() as standby,
      memory.id, ${LIFE} as life, memory.since, -memory.number as last, told.number, told.text
    from ${schema}.revocations as memory
    left join lateral (
      select number, text from ${schema}.revocations
      where number > case when memory.id::text = $2 and ${LIFE} = $3 then $1::bigint else 0 end
      order by number limit $4::bigint
    ) as told on true
    where memory.text = ''
    order by told.number`,
})

const beginning = (schema: string, last: string, since: string): string =>
  `insert into ${schema}.revocations as memory (text, number, until, id, since) values ('', ${last}, 'infinity', gen_random_uuid(), ${since})`
