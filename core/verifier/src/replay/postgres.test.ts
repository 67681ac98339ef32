import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { find, needs, startPostgres, startProxy, until, type TestPostgres } from '../servers.testkit.js'
import { anId, anOwner } from './ids.testkit.js'
import { createPostgresReplayStore, migratePostgresReplayStore, postgresReplaySchema, type PostgresReplayStoreOptions } from './postgres.js'
import { replayStoreContract } from './replay-store.contract.testkit.js'
import { sharedStoreContract } from './shared-store.contract.testkit.js'

const needsPostgres = (context: TestContext) => needs('initdb', context)
const now = () => Date.now() / 1000
const aSpend = () => ({ id: anId(), owner: anOwner(), from: now() + 100, until: now() + 300, made: Math.floor(now()), kind: 'proof test' })

async function open(config: Readonly<Record<string, string>> = {}) {
  const server = await startPostgres(config)
  const pools: Pool[] = []
  const pool = (port = server.port) => {
    const made = new Pool({ ...server.connection, port, max: 8, connectionTimeoutMillis: 2_000 })
    made.on('error', () => {})
    pools.push(made)
    return made
  }
  const admin = pool()
  await migratePostgresReplayStore(admin)
  return {
    server,
    pool,
    ask: async (sql: string) => (await admin.query<Record<string, unknown>>(sql)).rows,
    store: (options: Partial<PostgresReplayStoreOptions> = {}, port?: number) => createPostgresReplayStore({ pool: pool(port), ...options }),
    close: async () => {
      await Promise.all(pools.map((one) => one.end()))
      await server.stop()
    },
  }
}

const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 5_500))

replayStoreContract(
  'Postgres',
  async () => {
    const { store, close } = await open()
    return { instance: async () => store({ clockDifference: 3, deadlineMs: 30_000 }), now, wait, close }
  },
  needsPostgres,
)

const crash = async (server: TestPostgres) => {
  await server.kill()
  await server.restart()
}

sharedStoreContract(
  'Postgres',
  async () => {
    const { server, store, ask, close } = await open()
    return {
      instance: async (options = {}, through = server.port) => store({ deadlineMs: 10_000, ...options }, through),
      proxy: () => startProxy(server.port),
      losses: {
        TRUNCATE: async () => void (await ask('truncate everyhop.spent')),
        'DELETE of all': async () => void (await ask('delete from everyhop.spent')),
        'dropped, and made again': async () => {
          await ask('drop schema everyhop cascade')
          await ask(postgresReplaySchema())
        },
        'kept: killed': () => crash(server),
        'kept: restarted in order': () => server.restart(),
        'an unlogged table, and a process killed': async () => {
          await ask('alter table everyhop.spent set unlogged')
          // The server goes on, with the same start: only the marker, emptied with its table, can tell.
          const [backend] = await ask('select pg_backend_pid() as pid')
          process.kill(Number(backend!['pid']), 'SIGKILL')
          const isUp = () =>
            ask('select').then(
              () => true,
              () => false,
            )
          await until(isUp, 'Postgres does not recover')
        },
      },
      elsewhere: ['postgres', server.port],
      stop: close,
    }
  },
  needsPostgres,
)

const patient = { failures: 1_000, deadlineMs: 10_000 }
const refusesToStart = (because: RegExp) => expect.objectContaining({ code: 'config.replay-store', message: expect.stringMatching(because) as string })

describe('a Postgres of its own', () => {
  let opened: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    if (find('initdb') !== undefined) opened = await open({ synchronous_commit: 'off', log_min_duration_statement: '-1' })
  }, 60_000)
  afterAll(() => opened?.close())
  const onServer = (work: (server: typeof opened) => Promise<void>) => async (context: TestContext) => {
    needsPostgres(context)
    await work(opened)
  }

  test(
    'answers only when it is on disk, though its default is not to wait',
    onServer(async ({ store, ask }) => {
      expect(await store(patient).spend(aSpend(), now())).toBe('forgotten')
      expect(await store(patient).spend(aSpend(), now())).toBe('fresh')
      const [settings] = await ask(`select current_setting('synchronous_commit') as outside,
      (select everyhop.spend('\\x01', 0, 0, 0, 5, null, 0, 1, 0, '')) as answer, current_setting('synchronous_commit') as inside`)
      expect(settings).toEqual({ outside: 'off', answer: 'clocks-differ', inside: 'on' })
    }),
  )

  test(
    'what is over is swept, in portions, and the marker stays',
    onServer(async ({ store, ask }) => {
      const one = store({ ...patient, clockDifference: 1 })
      await one.ready!()
      await ask(`insert into everyhop.spent (id, until) select decode(md5(i::text), 'hex'), 1000 from generate_series(1, 12000) i`)
      const left = async () => {
        await one.spend(aSpend(), now())
        return Number((await ask('select count(*) as left from everyhop.spent where until = 1000'))[0]!['left'])
      }
      await expect.poll(left, { timeout: 15_000, interval: 300 }).toBe(0)
      expect((await ask(`select count(*)::int as markers from everyhop.spent where id = ''`))[0]).toEqual({ markers: 1 })
    }),
  )

  test(
    'a clock that was set back makes nothing fresh that was swept',
    onServer(async ({ store, ask }) => {
      const one = store(patient)
      await one.ready!()
      await ask(`update everyhop.spent set until = extract(epoch from clock_timestamp())::bigint + 3600 where id = ''`)
      expect(await one.spend(aSpend(), now())).toBe('forgotten')
      await ask(`update everyhop.spent set until = 0 where id = ''`)
      expect(await one.spend(aSpend(), now())).toBe('fresh')
    }),
  )

  test(
    'a role that may not, another isolation and a missing schema are told apart at the start',
    onServer(async ({ server, ask, store }) => {
      await ask('create role stranger login')
      const as = (options: object) => {
        const pool = new Pool({ ...server.connection, max: 1, ...options })
        return { pool, store: (more = {}) => createPostgresReplayStore({ pool, ...more }) }
      }
      const table = [
        [as({ user: 'stranger' }), {}, /role/],
        [as({ options: '-c default_transaction_isolation=serializable' }), {}, /read committed/],
        [as({}), { schema: 'elsewhere' }, /missing/],
      ] as const
      for (const [{ pool, store: make }, options, because] of table) {
        await expect(make(options).ready!()).rejects.toEqual(refusesToStart(because))
        await pool.end()
      }
      await ask('drop role stranger')
      expect(() => store({ schema: 'a"; drop' })).toThrow(refusesToStart(/plain name/))
    }),
  )

  test(
    'instances may migrate at once, again and again',
    onServer(async ({ pool }) => {
      const admin = pool()
      await Promise.all(Array.from({ length: 6 }, () => migratePostgresReplayStore(admin, 'another')))
      const store = createPostgresReplayStore({ pool: admin, schema: 'another', ...patient })
      await store.ready!()
      expect(await store.spend(aSpend(), now())).toBe('fresh')
    }),
  )
})

test.each([
  [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), /\(ECONNREFUSED\)$/],
  [new Error('a text that may hold anything'), /as it should$/],
])('one that cannot be reached: %s', async (failure, because) => {
  const query = () => Promise.reject(failure)
  await expect(createPostgresReplayStore({ pool: { query } }).ready!()).rejects.toEqual(refusesToStart(because))
})
