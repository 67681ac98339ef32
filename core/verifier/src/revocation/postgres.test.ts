import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { find, needs, startPostgres, type TestPostgres } from '../servers.testkit.js'
import { createPostgresRevocationStore } from './postgres.js'
import { readAll, revocationStoreContract, token } from './revocation-store.contract.testkit.js'

const hasPostgres = find('initdb') !== undefined
let server: TestPostgres
let pool: Pool
let schemas = 0

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres({ synchronous_commit: 'off' })
  pool = new Pool({ ...server.connection, max: 20 })
  pool.on('error', () => undefined)
}, 60_000)
afterAll(async () => {
  if (!hasPostgres) return
  await pool.end()
  await server.stop()
})

revocationStoreContract('Postgres', async (context) => {
  needs('initdb', context)
  const schema = `revocations_${++schemas}`
  const store = (options: { readonly max?: number } = {}) => createPostgresRevocationStore({ pool, schema, ...options })
  await store().install()
  return { store, wipe: async () => void (await pool.query(`truncate ${schema}.revocations`)) }
})

const installed = async (schema: string) => {
  const store = createPostgresRevocationStore({ pool, schema })
  await Promise.all([store.install(), store.install(), store.install()])
  return store
}

test('one that was set back to an older state says so as soon as somebody comes who knew more', async (context) => {
  needs('initdb', context)
  const store = await installed('older')
  await store.revoke([token('a')])
  await store.revoke([token('b')])
  const known = await readAll(store)
  await pool.query('delete from older.revocations where number = 2')
  await pool.query("update older.revocations set number = -1 where text = ''")
  const after = await readAll(store, known.cursor)
  expect(after.memory).not.toBe(known.memory)
  expect(after.since).toBeGreaterThanOrEqual(known.watermark)
  expect(after.revocations).toEqual([token('a')])
})

test('a server that was killed has kept what it confirmed, and is another life, so that whoever knows more says so', async (context) => {
  needs('initdb', context)
  const store = await installed('kept')
  await store.revoke([token('a')])
  const before = await readAll(store)
  await server.kill()
  await server.restart()
  const after = await readAll(store, before.cursor)
  expect(after.memory).not.toBe(before.memory)
  expect(after.since).toBe(0)
  expect(after.revocations).toEqual([token('a')])
})

test('a schema is a plain name', () => {
  for (const schema of ['a;drop', 'A', '', '1a', 'a.b']) expect(() => createPostgresRevocationStore({ pool, schema })).toThrow(TypeError)
})
