import { LINGER, MAX_REVOCATIONS, PAGE, type SharedRevocationStore } from './revocation-store.js'
import { readRevocationText, revocationText } from './revocation-text.js'
import { within } from './within.js'

export type PostgresRevocationStoreOptions = {
  /** A pool of `pg` (8.x). */
  readonly pool: { query(sql: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }> }
  /** Of two tables, `<name>` and `<name>_memory`; default `everyhop_revocations`. With a schema in front where it is not on the search path. */
  readonly table?: string
  /** Revocations that may live at once; when full it refuses to take more instead of forgetting. Default 100,000. */
  readonly max?: number
  /** Milliseconds that a revocation may take to be confirmed; default 2,000. */
  readonly deadlineMs?: number
}

const NAME = /^[a-z_][a-z0-9_]{0,40}(?:\.[a-z_][a-z0-9_]{0,40})?$/

/**
 * Shared by all instances through Postgres 13 or newer. `install` makes its tables. A server that is restored from an older state, or
 * promoted without the last writes, says that it lost its memory as soon as an instance comes that knew more.
 */
export function createPostgresRevocationStore(options: PostgresRevocationStoreOptions): SharedRevocationStore {
  const { pool, table = 'everyhop_revocations', max = MAX_REVOCATIONS, deadlineMs = 2_000 } = options
  if (!NAME.test(table)) throw new TypeError('table is a plain name, or schema.name')
  const sql = statements(table)

  async function revoke(texts: readonly string[], untils: readonly number[]): Promise<void> {
    await pool.query(sql.begin)
    await pool.query(sql.sweep, [LINGER])
    const { rows } = await pool.query(sql.revoke, [texts, untils, texts.length, max])
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
      await pool.query(sql.tables)
      await pool.query(sql.install)
    },
    async changes(cursor = '') {
      const [, number = '0', memory = ''] = /^(\d+) (\S+)$/.exec(cursor) ?? []
      const ask = async () => (await pool.query(sql.changes, [number, memory, PAGE])).rows as readonly Row[]
      let rows = await ask()
      const isBehind = (): boolean => rows[0] === undefined || (rows[0].memory === memory && Number(rows[0].last) < Number(number))
      if (isBehind()) {
        await pool.query(sql.again, [memory, number])
        rows = await ask()
      }
      const [first] = rows
      if (first === undefined || isBehind()) throw new Error('the revocation store has no memory')
      const told = rows.flatMap(({ number, text }) => (text === null ? [] : [{ number, text }]))
      return {
        watermark: first.now,
        since: first.since,
        memory: first.memory,
        revocations: told.map(({ text }) => readRevocationText(text)),
        cursor: `${told.at(-1)?.number ?? first.last} ${first.memory}`,
        more: told.length === PAGE,
      }
    },
  }
}

/** Numbers of 64 bits come as text. */
type Row = {
  readonly now: number
  readonly memory: string
  readonly since: number
  readonly last: string
  readonly number: string | null
  readonly text: string | null
}

/**
 * The row of the memory is locked by whoever takes numbers, until that is committed: so numbers become visible in their order, and no
 * reader passes one by.
 */
const statements = (table: string) => ({
  tables: `
    CREATE TABLE IF NOT EXISTS ${table} (text text PRIMARY KEY, number bigint NOT NULL UNIQUE, until double precision NOT NULL);
    CREATE TABLE IF NOT EXISTS ${table}_memory (
      one boolean PRIMARY KEY DEFAULT true CHECK (one), id uuid NOT NULL, since double precision NOT NULL, last bigint NOT NULL
    )`,
  install: `INSERT INTO ${table}_memory (id, since, last) VALUES (gen_random_uuid(), 0, 0) ON CONFLICT DO NOTHING`,
  begin: `INSERT INTO ${table}_memory (id, since, last) VALUES (gen_random_uuid(), ${NOW}, 0) ON CONFLICT DO NOTHING`,
  again: `
    INSERT INTO ${table}_memory (id, since, last) VALUES (gen_random_uuid(), ${NOW}, $2::bigint)
    ON CONFLICT (one) DO UPDATE SET id = excluded.id, since = excluded.since, last = excluded.last
    WHERE ${table}_memory.id::text = $1 AND ${table}_memory.last < $2::bigint`,
  sweep: `DELETE FROM ${table} WHERE until < ${NOW} - $1::double precision`,
  revoke: `
    WITH taken AS (
      UPDATE ${table}_memory SET last = last + $3::bigint
      WHERE (SELECT count(*) FROM ${table}) + $3::bigint <= $4::bigint OR NOT EXISTS (SELECT FROM unnest($1::text[]) AS one WHERE one NOT IN (SELECT text FROM ${table}))
      RETURNING last - $3::bigint AS before
    ), added AS (
      INSERT INTO ${table} (text, number, until)
      SELECT one.text, taken.before + one.place, one.until
      FROM taken, unnest($1::text[], $2::double precision[]) WITH ORDINALITY AS one (text, until, place)
      ON CONFLICT DO NOTHING
    )
    SELECT before FROM taken`,
  changes: `
    SELECT extract(epoch FROM statement_timestamp())::double precision AS now, memory.id AS memory, memory.since, memory.last, told.number, told.text
    FROM ${table}_memory AS memory
    LEFT JOIN LATERAL (
      SELECT number, text FROM ${table}
      WHERE number > CASE WHEN memory.id::text = $2 THEN $1::bigint ELSE 0 END
      ORDER BY number LIMIT $3::bigint
    ) AS told ON true
    ORDER BY told.number`,
})

/** Epoch seconds by the server's clock. What is told is of the start of its statement at the earliest, and the watermark says no later. */
const NOW = 'extract(epoch FROM clock_timestamp())::double precision'
