import { readFile } from 'node:fs/promises'
import { ConfigError, type ReplayStore } from '@everyhop/verifier'
import { createPostgresReplayStore } from '@everyhop/verifier/postgres'
import { createRedisReplayStore } from '@everyhop/verifier/redis'

export type StoreOptions = { readonly redis?: string; readonly postgres?: string }
type Opened = { readonly replay: ReplayStore; readonly close: () => Promise<void> }

/** Connects to the store that instances share, where one is named. Throws ConfigError, which quotes nothing of the URL. */
export async function openReplayStore({ redis, postgres }: StoreOptions): Promise<Opened | undefined> {
  if (redis !== undefined && postgres !== undefined) throw new ConfigError('config.replay-store', 'give --redis or --postgres: one memory, not two')
  if (redis !== undefined) return openRedis(await urlOf('--redis', redis, ['redis:', 'rediss:']))
  if (postgres !== undefined) return openPostgres(await urlOf('--postgres', postgres, ['postgres:', 'postgresql:']))
  return undefined
}

/** A URL without a password may stand on the command line, where everybody on the machine can read it; others come by reference. */
export async function urlOf(option: string, given: string, protocols: readonly string[]): Promise<string> {
  const url = await referred(option, given)
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !protocols.includes(parsed.protocol)) throw new ConfigError('config.replay-store', `${option} is no URL that begins with ${protocols[0]}//`)
  if (url === given && parsed.password !== '') {
    throw new ConfigError('config.replay-store', `${option} holds a password that everybody on this machine can read: say env:NAME or file:PATH`)
  }
  return url
}

async function referred(option: string, given: string): Promise<string> {
  if (given.startsWith('file:')) return (await readFile(given.slice('file:'.length), 'utf8')).trim()
  if (!given.startsWith('env:')) return given
  const value = process.env[given.slice('env:'.length)]
  if (value === undefined) throw new ConfigError('config.replay-store', `${option}: the environment has no ${given.slice('env:'.length)}`)
  return value
}

async function openRedis(url: string): Promise<Opened> {
  const { createClient } = await library(() => import('redis'), 'redis', '--redis')
  let wasThere = false
  const reconnectStrategy = (tries: number): number | Error => (wasThere ? Math.min(50 * tries, 1_000) : new Error('it does not answer'))
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy } })
  client.on('error', (error: NodeJS.ErrnoException) => console.error(`redis: ${error.code ?? 'connection failed'}`))
  await client.connect().catch(() => {
    throw new ConfigError('config.replay-store', 'the replay store in Redis does not answer')
  })
  wasThere = true
  return { replay: createRedisReplayStore({ client, onTrouble: (trouble) => console.error(`replay store: ${trouble}`) }), close: () => client.close() }
}

async function openPostgres(connectionString: string): Promise<Opened> {
  const { Pool } = (await library(() => import('pg'), 'pg', '--postgres')).default
  const pool = new Pool({ connectionString })
  pool.on('error', () => console.error('postgres: connection failed'))
  const replay = createPostgresReplayStore({ pool, onTrouble: (trouble) => console.error(`replay store: ${trouble}`) })
  return { replay, close: () => pool.end() }
}

async function library<L>(load: () => Promise<L>, name: string, option: string): Promise<L> {
  try {
    return await load()
  } catch {
    throw new ConfigError('config.replay-store', `${option} needs the package ${name} beside everyhop: npm install ${name}`)
  }
}
