import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** For tests and demonstrations: a real Caddy of one's own, from a standalone configuration. Production has its own way to run Caddy. */
export type CaddyProcess = {
  readonly pid: number
  /** Puts another configuration in force, as `caddy reload` does. */
  readonly reload: (config: string) => Promise<void>
  /** What it has logged. */
  readonly log: () => Promise<string>
  readonly stop: () => Promise<void>
}

export type StartCaddyOptions = {
  /** Made by `caddyConfig` with `standalone: { dir }`. */
  readonly config: string
  readonly dir: string
  readonly port: number
  readonly binary?: string
}

/** Where Caddy is, or undefined where this machine has none. */
export function findCaddy(): string | undefined {
  return ['/usr/bin/caddy', '/usr/local/bin/caddy', '/opt/homebrew/bin/caddy', 'caddy'].find(
    (binary) => spawnSync(binary, ['version'], { stdio: 'ignore' }).status === 0,
  )
}

/** Resolves once Caddy accepts connections; rejects with what it says of a bad configuration. */
export async function startCaddy({ config, dir, port, binary = findCaddy() }: StartCaddyOptions): Promise<CaddyProcess> {
  if (binary === undefined) throw new Error('Caddy is not installed')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'Caddyfile')
  await writeFile(file, config)
  const basics = ['--config', file, '--adapter', 'caddyfile']
  const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir }
  const logFile = join(dir, 'caddy.log')
  const log = (): Promise<string> => readFile(logFile, 'utf8').catch(() => '')

  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>"$EVERYHOP_LOG"', binary, 'run', ...basics], {
    stdio: 'ignore',
    env: { ...env, EVERYHOP_LOG: logFile },
  })
  let isGone = false
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void gone.then(() => (isGone = true))
  child.once('error', () => (isGone = true))
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (isGone || tries > 400) {
      child.kill('SIGKILL')
      throw new Error(`Caddy did not start: ${(await log()).slice(-500)}`)
    }
    await sleep(25)
  }

  return {
    pid: child.pid!,
    log,
    async reload(next) {
      await writeFile(file, next)
      const { status, stderr } = spawnSync(binary, ['reload', ...basics], { encoding: 'utf8', env })
      if (status !== 0) throw new Error(`Caddy refuses the configuration: ${stderr.slice(-500)}`)
    },
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      if (!isGone) await gone
      clearTimeout(late)
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
