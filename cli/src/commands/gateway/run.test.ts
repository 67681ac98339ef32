import { createKeyPair } from '@everyhop/proof'
import { randomUUID } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, everyhop, world, type Asked, type Running } from './service.testkit.js'

let at: Awaited<ReturnType<typeof world>>
beforeAll(async () => void (at = await world()))
afterAll(() => at.close())

const started: Running[] = []
afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGTERM')
    await ended
  }
})

function start(socket: string, ...more: readonly string[]): Running {
  const { slice, sliceKey, key } = at.files
  const running = everyhop(['gateway', 'run', '--slice', slice, '--slice-key', sliceKey, '--key', key, '--socket', socket, ...more])
  started.push(running)
  return running
}

const PATIENCE = { timeout: 15_000, interval: 100 }
const check = (socket: string, fields: readonly string[]): Promise<Asked> => ask(socket, '/check', fields)
const codeOf = ({ status, body }: Asked): string => (status === 200 ? 'pass' : (JSON.parse(body) as { code: string }).code)
const inForce = async (socket: string): Promise<string> => (JSON.parse((await ask(socket, '/healthz')).body) as { slice: string }).slice

describe('one service of several workers', () => {
  let running: Running
  let socket: string
  beforeAll(async () => {
    socket = at.files.socket
    running = start(socket, '--workers', '3')
    await running.says('in 3 workers')
  })
  afterAll(() => at.writeSlice(at.slice()))

  test('a proof is spent once among them all', async () => {
    const fields = at.question()
    const copies = await Promise.all(Array.from({ length: 12 }, () => check(socket, fields.with(5, randomUUID()))))
    expect(copies.map(codeOf).toSorted()).toEqual(['pass', ...Array.from({ length: 11 }, () => 'proof.replayed')])
  })

  test("the gateway's own retry gets the very answer of the first try, whichever worker it comes to", async () => {
    const fields = at.question()
    const answers = await Promise.all(Array.from({ length: 12 }, () => check(socket, fields)))
    expect(answers.map(codeOf)).toEqual(answers.map(() => 'pass'))
    expect(new Set(answers.map((answer) => answer.fields['signature'])).size).toBe(1)
  })

  test('what one of them sealed, each can render', async () => {
    const refused = await ask(socket, '/decide', ['Everyhop-Method', 'GET', 'Everyhop-Target', '/orders/1', 'Everyhop-Request', randomUUID()], 'POST')
    const sealed = String(refused.fields['everyhop-answer'])
    const rendered = await Promise.all(Array.from({ length: 9 }, () => ask(socket, '/render', ['Everyhop-Answer', sealed])))
    expect(rendered.map(codeOf)).toEqual(rendered.map(() => 'request.uncredentialed'))
  })

  test('whoever is asked tells what all of them counted', async () => {
    const counted = async (): Promise<number> => {
      const { body } = await ask(socket, '/metrics')
      return [...body.matchAll(/^everyhop_decisions_total\{.*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0)
    }
    const before = await counted()
    await Promise.all(Array.from({ length: 9 }, () => check(socket, at.question())))
    expect((await counted()) - before).toBe(9)
    expect((await ask(socket, '/metrics')).body).toMatch(/^everyhop_gateway_workers\{.*\} 3$/m)
  })

  test('a bad slice is refused and the old one stays with all of them; a good one is in force', async () => {
    const before = await inForce(socket)
    await at.writeSlice('nonsense')
    running.child.kill('SIGHUP')
    await running.says('the old one stays')
    expect(await inForce(socket)).toBe(before)

    await at.writeSlice(at.slice({ manifest: 'another' }))
    running.child.kill('SIGHUP')
    await running.says('is in force')
    const [, digest = ''] = /slice (\S+) is in force/.exec(running.said()) ?? []
    const seen = async (): Promise<string[]> => [...new Set(await Promise.all(Array.from({ length: 9 }, () => inForce(socket))))]
    await expect.poll(seen, PATIENCE).toEqual([digest])
  })

  test('one that is killed is replaced, and knows the slice in force and what was spent', async () => {
    const spent = at.question()
    expect(codeOf(await check(socket, spent))).toBe('pass')
    const digest = await inForce(socket)
    const { body } = await ask(socket, '/healthz')
    process.kill((JSON.parse(body) as { process: number }).process, 'SIGKILL')
    await running.says('another one takes its place')
    await expect.poll(async () => (await ask(socket, '/metrics')).body, PATIENCE).toMatch(new RegExp(`everyhop_slice="${digest}"\\} 3`))
    const again = await Promise.all(Array.from({ length: 9 }, () => check(socket, spent.with(5, randomUUID()))))
    expect(again.map(codeOf)).toEqual(again.map(() => 'proof.replayed'))
  })

  test('SIGTERM ends it, its workers and its socket', async () => {
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    await expect(ask(socket, '/healthz')).rejects.toMatchObject({ code: expect.stringMatching(/ENOENT|ECONNREFUSED/) as string })
  })
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
test.skipIf(!hasRedis && process.env['CI'] !== 'true')(
  'with a Redis, all instances remember there what was spent',
  async () => {
    const folder = join(at.dir, 'redis')
    await mkdir(folder)
    const port = await freePort()
    const redis = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'], {
      stdio: 'ignore',
    })
    try {
      await expect.poll(() => answers(port), PATIENCE).toBe(true)
      const url = join(folder, 'url')
      await writeFile(url, `redis://127.0.0.1:${port}`)
      const sockets = ['one', 'two'].map((name) => join(at.dir, name, 'decide.sock'))
      const instances = sockets.map((socket) => start(socket, '--workers', '2', '--redis', `file:${url}`))
      await Promise.all(instances.map((running) => running.says('in 2 workers')))
      // Only that Redis is new: the memory of a process begins before everything here. Whoever asks it hears so.
      const first = await Promise.all(sockets.map((socket) => check(socket, at.question())))
      expect(first.map(codeOf)).toEqual(['replay.forgotten', 'replay.forgotten'])
    } finally {
      redis.kill()
      await new Promise((resolve) => redis.once('exit', resolve))
    }
  },
  40_000,
)

test('without their first process the workers end, and what is left of its socket stops nobody', async () => {
  const socket = join(at.dir, 'orphans', 'decide.sock')
  const first = start(socket, '--workers', '2')
  await first.says('in 2 workers')
  first.child.kill('SIGKILL')
  await first.ended
  await expect
    .poll(
      () =>
        ask(socket, '/healthz').then(
          ({ status }) => status,
          () => 'nobody',
        ),
      PATIENCE,
    )
    .toBe('nobody')
  const second = start(socket, '--workers', '2')
  await second.says('in 2 workers')
  expect(codeOf(await check(socket, at.question()))).toBe('pass')
}, 40_000)

describe('what cannot work is said at once', () => {
  for (const [what, args, says] of [
    ['two memories', ['--redis', 'redis://127.0.0.1', '--postgres', 'postgres://127.0.0.1'], 'one memory, not two'],
    ['a password that everybody can read', ['--redis', 'redis://:secret@127.0.0.1'], 'env:NAME'],
    ['no URL', ['--postgres', 'nowhere'], 'begins with postgres:'],
    ['a Redis that does not answer', ['--redis', 'redis://127.0.0.1:1'], 'does not answer'],
    ['TCP without certificates', ['--tcp', '127.0.0.1:0'], '--gateways'],
    ['workers and a key that is not registered', ['--workers', '2', '--key', 'other'], 'registers'],
  ] as const) {
    test.concurrent(what, async () => {
      const other = `${at.dir}/other-${randomUUID()}`
      await writeFile(other, JSON.stringify(createKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })), { mode: 0o600 })
      const running = start(`${at.dir}/${randomUUID()}/decide.sock`, ...args.map((arg) => (arg === 'other' ? other : arg)))
      expect(await running.ended).toBe(3)
      expect(running.said()).toContain(says)
      expect(running.said()).not.toContain('secret')
    })
  }
})
