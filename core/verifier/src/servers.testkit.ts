import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Real servers for tests: on loopback, in a temporary folder, ended with the process that started them. */

const run = promisify(execFile)
const PATIENCE_MS = 20_000

/** Skips a test on a machine without the server; one that decides about a change must have it. */
export function needs(command: 'redis-server' | 'initdb', { skip }: { skip: (note?: string) => void }): void {
  if (find(command) !== undefined) return
  if (process.env['CI'] === 'true') throw new Error(`${command} is not installed, and CI must have it`)
  skip(`${command} is not installed`)
}

/** Where a server's command is. Debian keeps those of Postgres off the path. */
export function find(command: string): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', ...versions.map((version) => join(debian, version, 'bin'))]
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

export type TestServer = {
  readonly port: number
  /** Of the running process. */
  readonly pid: () => number
  /** As the machine's failure would: no last word, nothing flushed. */
  readonly kill: () => Promise<void>
  /** In the same folder, on the same port: a second life. Ends the first one in order where it still runs. */
  readonly restart: () => Promise<void>
  /** Ends it and removes its folder. */
  readonly stop: () => Promise<void>
}

/** `config` as in redis.conf, `{ appendonly: 'yes' }`; nothing is saved by default. */
export async function startRedis(config: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'everyhop-redis-'))
  const port = await freePort()
  const settings = { bind: '127.0.0.1', port: String(port), save: '', appendonly: 'no', dir: folder, 'enable-debug-command': 'local', ...config }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  return serve({
    port,
    folder,
    end: 'SIGTERM',
    start: () => spawn(find('redis-server')!, args, { stdio: 'ignore' }),
    isUp: () => redisAnswers(port),
  })
}

export type TestCluster = {
  readonly nodes: readonly TestServer[]
  readonly stop: () => Promise<void>
}

const startNode = async (config: Readonly<Record<string, string>> = {}): Promise<TestServer> =>
  startRedis({ 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()), 'cluster-node-timeout': '2000', ...config })

/** Three masters that share all slots. */
export async function startRedisCluster(config: Readonly<Record<string, string>> = {}): Promise<TestCluster> {
  const nodes = await Promise.all([0, 1, 2].map(() => startNode(config)))
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await run(find('redis-cli')!, ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes'])
  for (const { port } of nodes)
    await until(async () => (await redisCommand(port, 'cluster', 'info')).includes('cluster_state:ok'), 'the cluster does not agree')
  return {
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** A fourth node, that has a copy of a master and takes its place when that is gone. Resolves once the copy is there, and all know of it. */
export async function startReplica({ nodes }: TestCluster, master: TestServer, config: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const replica = await startNode(config)
  const id = await redisCommand(master.port, 'cluster', 'myid')
  const [, bus] = /@(\d+) /.exec((await redisCommand(master.port, 'cluster', 'nodes')).split('\n').find((line) => line.includes('myself'))!)!
  await redisCommand(replica.port, 'cluster', 'meet', '127.0.0.1', String(master.port), bus!)
  await until(async () => (await redisCommand(replica.port, 'cluster', 'replicate', id)) === 'OK', 'the replica does not find its master')
  await until(async () => (await redisCommand(replica.port, 'info', 'replication')).includes('master_link_status:up'), 'the replica gets no copy')
  for (const { port } of nodes) {
    await until(async () => (await redisCommand(port, 'cluster', 'nodes')).includes(`slave ${id}`), 'the replica is not known to all')
  }
  return replica
}

/** What redis-cli prints for one command. */
export async function redisCommand(port: number, ...command: readonly string[]): Promise<string> {
  return (await run(find('redis-cli')!, ['-h', '127.0.0.1', '-p', String(port), ...command])).stdout.trim()
}

export type TestPostgres = TestServer & {
  /** Options for a client or pool of `pg`. */
  readonly connection: { readonly host: string; readonly port: number; readonly user: string; readonly database: string }
  readonly folder: string
}

/** `config` as in postgresql.conf. Postgres refuses to run as root: it is then given to the user `postgres`. */
export async function startPostgres(config: Readonly<Record<string, string>> = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'everyhop-postgres-'))
  const bin = dirname(realpathSync(find('initdb')!))
  const owner = process.getuid?.() === 0 ? await idsOf('postgres') : undefined
  if (owner) chownSync(folder, owner.uid, owner.gid)
  const port = await freePort()
  await run(join(bin, 'initdb'), ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'], { ...owner, cwd: folder })
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: folder, port: String(port), max_connections: '60', ...config }
  const args = ['-D', join(folder, 'data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = await serve({
    port,
    folder,
    end: 'SIGINT',
    start: () => spawn(join(bin, 'postgres'), args, { stdio: 'ignore', cwd: folder, ...owner }),
    isUp: async () => (await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)])).stdout.includes('accepting'),
  })
  return { ...server, folder, connection: { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' } }
}

export type TestProxy = {
  readonly port: number
  /** Milliseconds by which whatever the server says comes late; Infinity: it never comes. */
  readonly delay: (ms: number) => void
  /** Ends all connections, and refuses new ones until told otherwise. */
  readonly cut: (isCut: boolean) => void
  readonly stop: () => Promise<void>
}

/** A bad network in front of a server. */
export async function startProxy(to: number): Promise<TestProxy> {
  const open = new Set<Socket>()
  let lateBy = 0
  let isCut = false
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer((client) => {
    keep(client)
    if (isCut) return client.destroy()
    const upstream = createConnection(to, '127.0.0.1')
    keep(upstream)
    client.on('data', (chunk) => upstream.write(chunk)).on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    upstream.on('data', (chunk) => {
      if (lateBy === 0) client.write(chunk)
      else if (Number.isFinite(lateBy)) setTimeout(() => client.writable && client.write(chunk), lateBy).unref()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endAll = () => open.forEach((socket) => socket.destroy())
  return {
    port: (server.address() as AddressInfo).port,
    delay(ms) {
      lateBy = ms
    },
    cut(value) {
      isCut = value
      if (isCut) endAll()
    },
    async stop() {
      endAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Service = {
  readonly port: number
  readonly folder: string
  readonly end: NodeJS.Signals
  readonly start: () => ChildProcess
  readonly isUp: () => Promise<boolean>
}

async function serve({ port, folder, end, start, isUp }: Service): Promise<TestServer> {
  let child: ChildProcess
  const atExit = () => child.kill('SIGKILL')

  /** Processes of the life before may still be about to notice that it is over: until then the next one ends at its start. */
  async function begin(): Promise<void> {
    const launch = () => {
      child = start()
      child.on('error', () => {})
    }
    launch()
    await until(async () => {
      if (hasEnded(child)) launch()
      return isUp().catch(() => false)
    }, `the server on port ${port} does not come up`)
  }
  async function finish(signal: NodeJS.Signals): Promise<void> {
    if (hasEnded(child)) return
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await over
  }

  process.once('exit', atExit)
  await begin()
  return {
    port,
    pid: () => child.pid!,
    kill: () => finish('SIGKILL'),
    async restart() {
      await finish(end)
      await begin()
    },
    async stop() {
      await finish('SIGKILL')
      process.off('exit', atExit)
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

const redisAnswers = async (port: number) => (await redisCommand(port, 'ping')) === 'PONG'

/** Asks again until it holds. */
export async function until(holds: () => Promise<boolean>, complaint: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(complaint)
    await pause(20)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function idsOf(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout)))
  return { uid: uid!, gid: gid! }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
