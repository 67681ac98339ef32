import { createClient, createCluster } from 'redis'
import { describe, expect, test, type TestContext } from 'vitest'
import { needs, redisCommand, startProxy, startRedis, startRedisCluster, type TestServer } from '../servers.testkit.js'
import { anId, anOwner } from './ids.testkit.js'
import { createRedisReplayStore, type RedisReplayStoreOptions } from './redis.js'
import { replayStoreContract } from './replay-store.contract.testkit.js'
import { sharedStoreContract } from './shared-store.contract.testkit.js'
import type { StoreTrouble } from './trouble.js'

const needsRedis = (context: TestContext) => needs('redis-server', context)
const now = () => Date.now() / 1000
const aSpend = () => ({ id: anId(), owner: anOwner(), from: now() + 100, until: now() + 300, made: Math.floor(now()), kind: 'proof test' })

type Options = Omit<RedisReplayStoreOptions, 'client'>

/** Connections end with the test that made them. */
function connections() {
  const open: { destroy: () => void }[] = []
  const keep = <C extends { destroy: () => void; on: (event: 'error', listener: () => void) => unknown; connect: () => Promise<unknown> }>(client: C) => {
    client.on('error', () => {})
    open.push(client)
    return client.connect().then(() => client)
  }
  const socket = { reconnectStrategy: 50 }
  return {
    single: async (port: number, options: Options = {}) =>
      createRedisReplayStore({ client: await keep(createClient({ url: `redis://127.0.0.1:${port}`, socket })), ...options }),
    cluster: async (ports: readonly number[], options: Options = {}, nodeAddressMap: Record<string, { host: string; port: number }> = {}) => {
      const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })), defaults: { socket }, nodeAddressMap })
      return createRedisReplayStore({ client: await keep(client), ...options })
    },
    endAll: () => open.forEach((client) => client.destroy()),
  }
}

const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 5_500))

replayStoreContract(
  'Redis',
  async () => {
    const [server, clients] = [await startRedis(), connections()]
    const close = async () => {
      clients.endAll()
      await server.stop()
    }
    return { instance: () => clients.single(server.port, { clockDifference: 3, deadlineMs: 10_000 }), now, wait, close }
  },
  needsRedis,
)

replayStoreContract(
  'a Redis cluster',
  async () => {
    const [cluster, clients] = [await startRedisCluster(), connections()]
    const ports = cluster.nodes.map(({ port }) => port)
    const close = async () => {
      clients.endAll()
      await cluster.stop()
    }
    return { instance: () => clients.cluster(ports, { clockDifference: 3, deadlineMs: 10_000 }), now, wait, close }
  },
  needsRedis,
)

const crash = async (server: TestServer) => {
  await server.kill()
  await server.restart()
}

sharedStoreContract(
  'Redis',
  async () => {
    const [server, clients] = [await startRedis({ appendonly: 'yes', appendfsync: 'always' }), connections()]
    const ask = async (...command: string[]) => void (await redisCommand(server.port, ...command))
    return {
      instance: (options = {}, through = server.port) => clients.single(through, options),
      proxy: () => startProxy(server.port),
      losses: {
        FLUSHALL: () => ask('flushall'),
        'one marker deleted, with all of its bucket': async () => {
          const keys = (await redisCommand(server.port, '--scan', '--pattern', 'everyhop:replay:*')).split('\n')
          await ask('del', ...keys)
        },
        'kept: a crash, with a log of each command': () => crash(server),
        'kept: a restart in order': () => server.restart(),
        'kept: demoted, and promoted again': async () => {
          await ask('replicaof', '127.0.0.1', '1')
          await ask('replicaof', 'no', 'one')
        },
      },
      elsewhere: ['redis', server.port],
      async stop() {
        clients.endAll()
        await server.stop()
      },
    }
  },
  needsRedis,
)

sharedStoreContract(
  'a Redis cluster',
  async () => {
    const [cluster, clients] = [await startRedisCluster(), connections()]
    const ports = cluster.nodes.map(({ port }) => port)
    // A cluster tells its clients where its nodes are: one proxy before each, and clients that know it.
    const proxied = new Map<number, Record<string, { host: string; port: number }>>()
    return {
      instance: (options = {}, through) => clients.cluster(ports, options, through === undefined ? undefined : proxied.get(through)),
      async proxy() {
        const proxies = await Promise.all(ports.map(startProxy))
        const port = proxies[0]!.port
        proxied.set(port, Object.fromEntries(ports.map((at, index) => [`127.0.0.1:${at}`, { host: '127.0.0.1', port: proxies[index]!.port }])))
        return {
          port,
          delay: (ms) => proxies.forEach((one) => one.delay(ms)),
          cut: (isCut) => proxies.forEach((one) => one.cut(isCut)),
          stop: async () => void (await Promise.all(proxies.map((one) => one.stop()))),
        }
      },
      losses: {
        'FLUSHALL on every master': async () => void (await Promise.all(ports.map((port) => redisCommand(port, 'flushall')))),
        'a crash of every master; they log nothing': async () => void (await Promise.all(cluster.nodes.map(crash))),
        'kept: FLUSHALL on one master': async () => void (await redisCommand(ports[0]!, 'flushall')),
      },
      elsewhere: ['cluster', ...ports],
      async stop() {
        clients.endAll()
        await cluster.stop()
      },
    }
  },
  needsRedis,
)

/** One server, ended with the test. */
const onServer =
  (config: Readonly<Record<string, string>>, work: (server: TestServer, clients: ReturnType<typeof connections>) => Promise<void>) =>
  async (context: TestContext) => {
    needsRedis(context)
    const [server, clients] = [await startRedis(config), connections()]
    try {
      await work(server, clients)
    } finally {
      clients.endAll()
      await server.stop()
    }
  }

const patient = { failures: 1_000, deadlineMs: 10_000 }
const refusesToStart = (because: RegExp) => expect.objectContaining({ code: 'config.replay-store', message: expect.stringMatching(because) as string })

describe('a Redis that is set up to forget', () => {
  for (const policy of ['allkeys-lru', 'volatile-ttl', 'volatile-lru', 'allkeys-random']) {
    test(
      `is refused at the start: ${policy}`,
      onServer({ maxmemory: '100mb', 'maxmemory-policy': policy }, async ({ port }, clients) => {
        const store = await clients.single(port, patient)
        await expect(store.ready!()).rejects.toEqual(refusesToStart(/noeviction/))
        expect(await store.spend(aSpend(), now())).toBe('unavailable')
      }),
    )
  }

  test(
    'or becomes so later, is refused within a second, and what it evicted meanwhile is a loss of memory',
    onServer({}, async ({ port }, clients) => {
      const troubles: StoreTrouble[] = []
      const store = await clients.single(port, { ...patient, onTrouble: (trouble) => troubles.push(trouble) })
      await store.ready!()
      const ask = (...command: string[]) => redisCommand(port, ...command)
      const one = aSpend()
      expect(await store.spend(one, now())).toBe('fresh')
      await ask('config', 'set', 'maxmemory-policy', 'allkeys-random')
      await ask('config', 'set', 'maxmemory', '1')
      await expect.poll(() => store.spend(one, now()), { timeout: 5_000, interval: 50 }).toBe('unavailable')
      expect(troubles).toContain('evicting')
      await ask('config', 'set', 'maxmemory', '0')
      await expect.poll(() => store.spend({ ...aSpend(), from: now() + 60 }, now()), { timeout: 5_000, interval: 50 }).toBe('fresh')
      expect(troubles).toContain('memory-lost')
      expect(await store.spend({ ...one, from: now() - 10 }, now())).not.toBe('fresh')
    }),
  )

  test(
    'without eviction it refuses when it is full',
    onServer({ 'maxmemory-policy': 'noeviction' }, async ({ port }, clients) => {
      const store = await clients.single(port, patient)
      await store.ready!()
      const one = aSpend()
      expect(await store.spend(one, now())).toBe('fresh')
      await redisCommand(port, 'config', 'set', 'maxmemory', '1')
      expect(await store.spend(aSpend(), now())).toBe('full')
      await redisCommand(port, 'config', 'set', 'maxmemory', '0')
      expect([await store.spend(one, now()), await store.spend(aSpend(), now())]).toEqual(['spent', 'fresh'])
    }),
  )
})

test(
  'the permissions that the guide names are all that it needs',
  onServer({}, async ({ port }, clients) => {
    const commands = '+eval +evalsha +info +time +hmget +hset +exists +set +zscore +zcount +zadd +zremrangebyscore +expiretime +expireat'
    await redisCommand(port, 'acl', 'setuser', 'default', 'reset', 'on', 'nopass', ...commands.split(' '), '+ping', '+acl|setuser', '~everyhop:replay*')
    const store = await clients.single(port, patient)
    await store.ready!()
    const { owner, ...attestation } = aSpend()
    expect([await store.spend({ ...attestation, owner }, now()), await store.spend(attestation, now())]).toEqual(['fresh', 'fresh'])
  }),
)

describe('a Redis that cannot be used', () => {
  test(
    'a user without INFO',
    onServer({}, async ({ port }, clients) => {
      await redisCommand(port, 'acl', 'setuser', 'default', '-info')
      const store = await clients.single(port, patient)
      await expect(store.ready!()).rejects.toEqual(refusesToStart(/may not run/))
      expect(await store.spend(aSpend(), now())).toBe('unavailable')
    }),
  )

  test(
    'a replica, though it can be written to',
    onServer({ 'replica-read-only': 'no', 'replica-serve-stale-data': 'yes' }, async ({ port }, clients) => {
      await redisCommand(port, 'replicaof', '127.0.0.1', '1')
      const store = await clients.single(port, patient)
      await expect(store.ready!()).rejects.toEqual(refusesToStart(/replica/))
      expect(await store.spend(aSpend(), now())).toBe('unavailable')
    }),
  )

  test('one that is not there', async () => {
    const client = createClient({ url: 'redis://127.0.0.1:1', disableOfflineQueue: true })
    const store = createRedisReplayStore({ client })
    await expect(store.ready!()).rejects.toEqual(refusesToStart(/does not answer/))
    expect(await store.spend(aSpend(), now())).toBe('unavailable')
  })

  test.each([
    ['NOAUTH Authentication required.', /\(NOAUTH\)$/],
    ['a text that may hold anything', /as it should$/],
  ])('one that answers %s', async (message, because) => {
    const failing = () => Promise.reject(new Error(message))
    await expect(createRedisReplayStore({ client: { eval: failing, evalSha: failing } }).ready!()).rejects.toEqual(refusesToStart(because))
  })

  test('and options that make no sense', () => {
    for (const options of [{ perOwner: 0 }, { clockDifference: -1 }, { clockDifference: NaN }, { perClient: 0 }]) {
      expect(() => createRedisReplayStore({ client: createClient(), ...options })).toThrow(/must/)
    }
  })
})

test(
  'a promoted replica has another life, though all data is there',
  onServer({}, async ({ port }, clients) => {
    const replica = await startRedis()
    try {
      const store = await clients.single(port, patient)
      await store.ready!()
      const one = aSpend()
      expect(await store.spend(one, now())).toBe('fresh')
      await redisCommand(replica.port, 'replicaof', '127.0.0.1', String(port))
      await expect.poll(() => redisCommand(replica.port, 'info', 'replication'), { timeout: 10_000 }).toContain('master_link_status:up')
      await redisCommand(replica.port, 'replicaof', 'no', 'one')
      const after = await clients.single(replica.port, patient)
      await after.ready!()
      expect(await after.spend(one, now())).toBe('spent')
      expect(await after.spend({ ...aSpend(), from: now() }, now())).toBe('forgotten')
    } finally {
      await replica.stop()
    }
  }),
)

test(
  'nothing stays for ever but the markers',
  onServer({}, async ({ port }, clients) => {
    const store = await clients.single(port, { ...patient, clockDifference: 1 })
    await store.ready!()
    const { owner, ...attestation } = { ...aSpend(), until: Math.ceil(now()) }
    expect(await store.spend({ ...attestation, owner }, now())).toBe('fresh')
    expect(await store.spend(attestation, now())).toBe('fresh')
    await expect.poll(() => redisCommand(port, 'dbsize'), { timeout: 10_000 }).toBe('64')
  }),
)
