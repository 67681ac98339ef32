import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { find, needs, startRedis, startRedisCluster, type TestCluster, type TestServer } from '../servers.testkit.js'
import { createRedisRevocationStore } from './redis.js'
import { readAll, revocationStoreContract, token } from './revocation-store.contract.testkit.js'

const hasRedis = find('redis-server') !== undefined
let server: TestServer
let client: ReturnType<typeof createClient>
let nodes: TestCluster
let cluster: ReturnType<typeof createCluster>
let stores = 0

beforeAll(async () => {
  if (!hasRedis) return
  ;[server, nodes] = await Promise.all([startRedis({ appendonly: 'yes', appendfsync: 'always' }), startRedisCluster()])
  client = createClient({ url: `redis://127.0.0.1:${server.port}` })
  client.on('error', () => undefined)
  cluster = createCluster({ rootNodes: nodes.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })) })
  await Promise.all([client.connect(), cluster.connect()])
}, 60_000)
afterAll(async () => {
  if (!hasRedis) return
  client.destroy()
  cluster.destroy()
  await Promise.all([server.stop(), nodes.stop()])
})

for (const [name, at] of [
  ['Redis', () => client],
  ['Redis cluster', () => cluster],
] as const) {
  revocationStoreContract(name, async (context) => {
    needs('redis-server', context)
    const key = `revocations-${++stores}`
    const store = (options: { readonly max?: number } = {}) => createRedisRevocationStore({ client: at(), key, ...options })
    await store().install()
    return { store, wipe: async () => void (await at().del(key)) }
  })
}

test('a server that started again may have lost the last writes; one that is said to be durable has not', async (context) => {
  needs('redis-server', context)
  const [careful, durable] = [false, true].map((isDurable) => createRedisRevocationStore({ client, key: `life-${isDurable}`, isDurable })) as [
    ReturnType<typeof createRedisRevocationStore>,
    ReturnType<typeof createRedisRevocationStore>,
  ]
  await Promise.all([careful.install(), durable.install()])
  await Promise.all([careful.revoke([token('a')]), durable.revoke([token('a')])])
  const before = { careful: await readAll(careful), durable: await readAll(durable) }
  await server.kill()
  await server.restart()
  const after = { careful: await readAll(careful, before.careful.cursor), durable: await readAll(durable, before.durable.cursor) }
  expect(after.careful.since).toBeGreaterThanOrEqual(before.careful.watermark)
  expect(after.durable.since).toBe(0)
  for (const which of ['careful', 'durable'] as const) {
    expect(after[which].memory).not.toBe(before[which].memory)
    expect(after[which].revocations).toEqual([token('a')])
  }
})

test('one that was set back to an older state says so as soon as somebody comes who knew more', async (context) => {
  needs('redis-server', context)
  const store = createRedisRevocationStore({ client, key: 'older' })
  await store.install()
  await store.revoke([token('a')])
  await store.revoke([token('b')])
  const known = await readAll(store)
  await client.zRem('older', JSON.stringify({ until: 4_000_000_000, kind: 'token', id: 'b' }))
  await client.zAdd('older', { score: -2, value: 'last' })
  const after = await readAll(store, known.cursor)
  expect(after.memory).not.toBe(known.memory)
  expect(after.since).toBeGreaterThanOrEqual(known.watermark)
  expect(after.revocations).toEqual([token('a')])
})
