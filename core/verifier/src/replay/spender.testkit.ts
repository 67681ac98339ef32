import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { createClient, createCluster } from 'redis'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import { createPostgresReplayStore } from './postgres.js'
import { createRedisReplayStore } from './redis.js'
import type { ReplayStore } from './replay-store.js'

/** Another process with a client of its own: it spends what it is sent, so many times at once, and sends the answers back. */

export type Elsewhere = readonly [kind: 'redis' | 'cluster' | 'postgres', ...ports: readonly number[]]

/** Sources are TypeScript: loaded as the tests are. */
const LOAD = `
  const { createServer } = await import('vitest/node').then((vitest) => ({ createServer: vitest.createViteServer }))
  const server = await createServer({ root: ${JSON.stringify(fileURLToPath(new URL('../../../..', import.meta.url)))}, configFile: 'vitest.config.ts', appType: 'custom', server: { middlewareMode: true, hmr: false, ws: false, watch: null } })
  const { spendWhatIsSent } = await server.ssrLoadModule(${JSON.stringify(fileURLToPath(import.meta.url))})
  await spendWhatIsSent(process.argv.slice(1))
`

export async function startSpender(elsewhere: Elsewhere): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOAD, ...elsewhere.map(String)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error('the other process ended at its start')))])
  return child
}

/** @public Loaded by name in the other process. */
export async function spendWhatIsSent([kind, ...ports]: readonly string[]): Promise<void> {
  const store = await openElsewhere(kind as Elsewhere[0], ports.map(Number))
  const answer = async ({ spend, copies }: { spend: Spend; copies: number }) => {
    const answers: SpendAnswer[] = await Promise.all(Array.from({ length: copies }, async () => store.spend(spend, Date.now() / 1000)))
    process.send!(answers)
  }
  process.on('message', (message) => void answer(message as Parameters<typeof answer>[0]))
  process.once('disconnect', () => process.exit())
  process.send!('ready')
}

async function openElsewhere(kind: Elsewhere[0], ports: readonly number[]): Promise<ReplayStore> {
  if (kind === 'postgres') {
    return createPostgresReplayStore({ pool: new Pool({ host: '127.0.0.1', port: ports[0]!, user: 'postgres', database: 'postgres' }), deadlineMs: 5_000 })
  }
  const urls = ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }))
  const client = kind === 'cluster' ? createCluster({ rootNodes: urls }) : createClient(urls[0]!)
  await client.connect()
  return createRedisReplayStore({ client, deadlineMs: 5_000 })
}
