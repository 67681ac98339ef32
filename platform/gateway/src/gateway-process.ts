import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfigFile } from './config/config-options.js'

/** For tests and demonstrations: a gateway product as a process of one's own. Production has its own way to run it. */
export type GatewayProcess = {
  readonly pid: number
  /** Puts other files in force, as the product does it in production; resolves when it has been told to. */
  readonly reload: (files: readonly ConfigFile[]) => Promise<void>
  /** The last that it wrote to its standard error. */
  readonly said?: () => string
  readonly stop: () => Promise<void>
}

export type Program = {
  readonly binary: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Arguments with which it only says whether the configuration is good. */
  readonly checking: readonly string[]
  /** A signal to the process, or the arguments of a command of its own. */
  readonly reloadWith: NodeJS.Signals | readonly string[]
}

/** The first of these binaries that runs, or undefined where this machine has none. */
export const findBinary = (binaries: readonly string[], asking: string): string | undefined =>
  binaries.find((binary) => spawnSync(binary, [asking], { stdio: 'ignore' }).status === 0)

/** Writes the files and runs the program in the foreground; resolves once `port` of loopback accepts connections. */
export async function startGateway(program: Program, files: readonly ConfigFile[], dir: string, port: number): Promise<GatewayProcess> {
  const { binary, args, reloadWith } = program
  const env = { ...process.env, ...program.env }
  const put = async (next: readonly ConfigFile[]): Promise<void> => {
    for (const { name, text } of next) await writeFile(join(dir, name), text)
    run(binary, program.checking, env)
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  await put(files)

  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
  let isGone = false
  const gone = new Promise<void>((resolve) => {
    for (const event of ['exit', 'error'] as const) child.once(event, () => resolve())
  })
  void gone.then(() => (isGone = true))
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (isGone || tries > 400) {
      child.kill('SIGKILL')
      throw new Error(`${binary} did not start: ${said.slice(-2_000).trim()}`)
    }
    await sleep(25)
  }

  return {
    pid: child.pid!,
    said: () => said,
    async reload(next) {
      await put(next)
      if (typeof reloadWith === 'string') child.kill(reloadWith)
      else run(binary, reloadWith, env)
    },
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await gone
      clearTimeout(late)
    },
  }
}

function run(binary: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr, stdout } = spawnSync(binary, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${binary} refuses the configuration: ${stderr.trim() || stdout.trim()}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (does: boolean): void => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
