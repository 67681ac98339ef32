import { createCluster } from 'redis'
import { expect, test } from 'vitest'
import type { Spend } from '@everyhop/proof'
import { needs, redisCommand, startRedisCluster, startReplica, until } from '../servers.testkit.js'
import { anId, anOwner } from './ids.testkit.js'
import { createRedisReplayStore } from './redis.js'

/** Milliseconds until the others give a node up. */
const QUICK = { 'cluster-node-timeout': '1000' }
const now = () => Date.now() / 1000
const aSpend = (): Omit<Spend, 'spent'> => ({
  id: anId(),
  owner: anOwner(),
  from: now() - 1,
  until: now() + 300,
  made: Math.floor(now()),
  kind: 'proof test',
})

test('a master that dies in a cluster and its replica that is promoted: no proof is accepted twice, and new ones are accepted again', async (context) => {
  needs('redis-server', context)
  const cluster = await startRedisCluster(QUICK)
  const [first, ...rest] = cluster.nodes
  const replica = await startReplica(cluster, first!, QUICK)
  const ports = [...cluster.nodes.map(({ port }) => port), replica.port]
  const client = createCluster({
    rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
    defaults: { socket: { reconnectStrategy: 50, connectTimeout: 500 }, disableOfflineQueue: true },
  })
  client.on('error', () => {}) // the node that is gone, again and again
  try {
    await client.connect()
    const store = createRedisReplayStore({ client, clockDifference: 1, failures: 1_000_000, deadlineMs: 1_000 })
    await store.ready!()
    const used: Omit<Spend, 'spent'>[] = []
    // As soon as each memory is old enough for what is made now, wherever the key of the client lies.
    while (used.length < 300) {
      const some = Array.from({ length: 50 }, aSpend)
      const answers = await Promise.all(some.map(async (one) => store.spend(one, now())))
      used.push(...some.filter((_, index) => answers[index] === 'fresh'))
    }
    await first!.kill()
    const again = async () => Promise.all(used.map(async (one) => store.spend(one, now())))
    const heard = new Set<string>()
    const isPromoted = async () => {
      for (const answer of await again()) heard.add(answer)
      return (await redisCommand(replica.port, 'info', 'replication')).includes('role:master')
    }
    await until(isPromoted, 'the replica is not promoted')
    for (const { port } of [...rest, replica])
      await until(async () => (await redisCommand(port, 'cluster', 'info')).includes('cluster_state:ok'), 'no whole cluster')
    // Honest requests are accepted again, by the promoted one too.
    const isWhole = async () => {
      for (const answer of await again()) heard.add(answer)
      const answers = await Promise.all(Array.from({ length: 100 }, async () => store.spend(aSpend(), now())))
      return answers.every((answer) => answer === 'fresh')
    }
    await until(isWhole, 'new proofs are not accepted again')
    const last = new Set(await again())
    expect([...heard, ...last]).not.toContain('fresh')
    // What the promoted one may have missed is refused as forgotten; the others remember.
    for (const answer of last) expect(['spent', 'forgotten']).toContain(answer)
    expect([...last]).toContain('spent')
  } finally {
    client.destroy()
    await replica.stop()
    await cluster.stop()
  }
}, 90_000)
