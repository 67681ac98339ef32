import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { find, needs, startPostgres, type TestPostgres } from '../servers.testkit.js'
import { createPostgresRevocationStore } from './postgres.js'
import { readAll, revocationStoreContract, token } from './revocation-store.contract.testkit.js'

const hasPostgres = find('initdb') !== undefined
let server: TestPostgres
let pool: Pool
let tables = 0

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres({ fsync: 'off' })
  pool = new Pool({ ...server.connection, max: 20 })
}, 60_000)
afterAll(async () => {
  if (!hasPostgres) return
  await pool.end()
  await server.stop()
})

revocationStoreContract('Postgres', async (context) => {
  needs('initdb', context)
  const table = `revocations_${++tables}`
  const store = (options: { readonly max?: number } = {}) => createPostgresRevocationStore({ pool, table, ...options })
  await store().install()
  return { store, wipe: async () => void (await pool.query(`TRUNCATE ${table}, ${table}_memory`)) }
})

test('one that was set back to an older state says so as soon as somebody comes who knew more', async (context) => {
  needs('initdb', context)
  const store = createPostgresRevocationStore({ pool, table: 'older' })
  await store.install()
  await store.install()
  await store.revoke([token('a')])
  await store.revoke([token('b')])
  const known = await readAll(store)
  await pool.query('DELETE FROM older WHERE number = 2')
  await pool.query('UPDATE older_memory SET last = 1')
  const after = await readAll(store, known.cursor)
  expect(after.memory).not.toBe(known.memory)
  expect(after.since).toBeGreaterThanOrEqual(known.watermark)
  expect(after.revocations).toEqual([token('a')])
})

test('a name of a table is a name', () => {
  for (const table of ['a;drop', 'A', '', '1a', 'a.b.c']) expect(() => createPostgresRevocationStore({ pool, table })).toThrow(TypeError)
})
