import { execFile, fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { GuardSetUp } from './load-options.js'

/** A process that is killed and started again during the load, in the same place. */
export type Victim = {
  readonly port: () => number
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
}

export function guardProcess(setUp: GuardSetUp): Victim {
  let { port } = setUp
  let child: ChildProcess | undefined
  return {
    port: () => port,
    kill: () => end(child),
    async start() {
      for (let attempt = 0; ; attempt += 1) {
        child = fork(fileURLToPath(new URL('guard-process.js', import.meta.url)), [JSON.stringify({ ...setUp, port })], {
          stdio: ['ignore', 'ignore', attempt === 20 ? 'inherit' : 'ignore', 'ipc'],
        })
        const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])])) as [number | undefined]
        if (message !== undefined) {
          port = message
          return
        }
        // Without a store it does not start: what supervises it tries again.
        if (attempt === 20) throw new Error('a guard does not start')
        await pause(200)
      }
    },
  }
}

/** As installed; the set-up of the repository sees to it. */
const REDIS = { server: 'redis-server', client: 'redis-cli' }

export type RedisProcess = Victim & {
  readonly command: (...words: readonly string[]) => Promise<string>
  /** In order: it may write what it holds. */
  readonly finish: () => Promise<void>
}

/** It logs each second, as most do: a crash costs it the last one. */
export async function redisProcess(folder: string): Promise<RedisProcess> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']
  const run = promisify(execFile)
  const command = async (...words: readonly string[]) => (await run(REDIS.client, ['-p', String(port), ...words])).stdout.trim()
  let child: ChildProcess | undefined
  return {
    port: () => port,
    command,
    kill: () => end(child),
    finish: () => end(child, 'SIGTERM'),
    async start() {
      child = spawn(REDIS.server, args, { stdio: 'ignore' })
      process.once('exit', () => child?.kill('SIGKILL'))
      const failed = once(child, 'exit').then(() => Promise.reject(new Error('redis-server does not start')))
      const answers = async () => {
        while ((await command('ping').catch(() => '')) !== 'PONG') await pause(50)
      }
      failed.catch(() => {})
      await Promise.race([answers(), failed])
    },
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill(signal)
  await over
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
