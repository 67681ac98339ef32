import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** For tests and demonstrations: a real nginx of one's own, from a standalone configuration. Production has its own way to run nginx. */
export type NginxProcess = {
  readonly pid: number
  /** Reads the configuration file again, as `nginx -s reload` does. */
  readonly reload: (config: string) => Promise<void>
  readonly stop: () => Promise<void>
}

export type StartNginxOptions = {
  /** Made by `nginxConfig` with `standalone: { dir }`. */
  readonly config: string
  readonly dir: string
  readonly binary?: string
}

/** Where nginx is, or undefined where this machine has none. */
export function findNginx(): string | undefined {
  return ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx', 'nginx'].find(
    (binary) => spawnSync(binary, ['-v'], { stdio: 'ignore' }).status === 0,
  )
}

/** Resolves once nginx has opened its sockets; rejects with what it says of a bad configuration. */
export async function startNginx({ config, dir, binary = findNginx() }: StartNginxOptions): Promise<NginxProcess> {
  if (binary === undefined) throw new Error('nginx is not installed')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  const file = join(dir, 'nginx.conf')
  await writeFile(file, config)
  const basics = ['-p', dir, '-e', join(dir, 'error.log'), '-c', file]
  // Started by root, workers would change to a user who cannot reach the private socket.
  const args = process.getuid?.() === 0 ? [...basics, '-g', `user ${userInfo().username};`] : basics
  test(binary, args)

  const child = spawn(binary, args, { stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let isGone = false
  void gone.then(() => (isGone = true))
  child.once('error', () => (isGone = true))
  const pidFile = join(dir, 'nginx.pid')
  for (let tries = 0; (await readFile(pidFile, 'utf8').catch(() => '')) !== `${child.pid}\n`; tries++) {
    if (isGone || tries > 200) {
      child.kill('SIGKILL')
      throw new Error(`nginx did not start: ${(await readFile(join(dir, 'error.log'), 'utf8').catch(() => '')).slice(-500)}`)
    }
    await sleep(25)
  }

  return {
    pid: child.pid!,
    async reload(next) {
      await writeFile(file, next)
      test(binary, args)
      child.kill('SIGHUP')
      await sleep(300)
    },
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      if (!isGone) await gone
      clearTimeout(late)
    },
  }
}

function test(binary: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(binary, ['-t', '-q', ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`nginx refuses the configuration: ${stderr.trim()}`)
}
