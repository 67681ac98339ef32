import { Client } from 'pg'
import { createCluster } from 'redis'
import { expect, test } from 'vitest'
import { needs, redisCommand, startPostgres, startRedis, startRedisCluster } from './servers.testkit.js'

/** The servers that other tests rely on are what those tests take them for. */

test('a Redis that saves nothing has forgotten all in its second life; one that logs has not', async (context) => {
  needs('redis-server', context)
  for (const [appendonly, remembered] of [
    ['no', ''],
    ['yes', '1'],
  ] as const) {
    const server = await startRedis({ appendonly, appendfsync: 'always' })
    try {
      await redisCommand(server.port, 'set', 'a', '1')
      const before = server.pid()
      await server.kill()
      await server.restart()
      expect(server.pid()).not.toBe(before)
      expect(await redisCommand(server.port, 'get', 'a')).toBe(remembered)
    } finally {
      await server.stop()
    }
  }
})

test('a cluster has three masters, and its client finds the right one', async (context) => {
  needs('redis-server', context)
  const cluster = await startRedisCluster()
  const client = createCluster({ rootNodes: cluster.nodes.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` })) })
  try {
    await client.connect()
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await client.set(key, key)
    expect(await Promise.all(cluster.nodes.map(({ port }) => redisCommand(port, 'dbsize')))).not.toContain('0')
  } finally {
    client.destroy()
    await cluster.stop()
  }
})

test('a Postgres that is killed comes back with what was committed', async (context) => {
  needs('initdb', context)
  const server = await startPostgres()
  try {
    const ask = async (sql: string) => {
      const client = new Client(server.connection)
      await client.connect()
      try {
        return await client.query<{ a: number }>(sql)
      } finally {
        await client.end()
      }
    }
    await ask('create table kept as select 7 as a')
    await server.kill()
    await server.restart()
    expect((await ask('select a from kept')).rows).toEqual([{ a: 7 }])
  } finally {
    await server.stop()
  }
})
