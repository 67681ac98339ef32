import { execFile } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildSound } from './chains/sound.js'
import { createLifecycle } from './lifecycle.js'
import { frontHere } from './edge.js'

/** `everyhop gateway verify` as people run it, at a real nginx with what is generated for it, and with what somebody changed. */
const BIN = fileURLToPath(new URL('../../cli/bin/everyhop.js', import.meta.url))

type Ran = { readonly status: number; readonly out: string; readonly err: string }
const verify = (dir: string, ...args: readonly string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [BIN, 'gateway', 'verify', '--hop', 'edge', ...args], { cwd: dir, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
      done({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })

describe.skipIf(frontHere() !== 'nginx')('the hop as it was generated', () => {
  const life = createLifecycle()
  let dir: string
  let runner: string
  beforeAll(async () => void ({ dir, runner } = (await buildSound(life, { keep: false })).stand), 30_000)
  afterAll(() => life.stop())
  const onMachine = (): readonly string[] => ['--socket', join(dir, 'decide', 'edge'), '--config', join(dir, 'nginx-edge', 'nginx.conf')]

  test('its part of the catalogue holds, and nothing leads around it', async () => {
    const { status, out, err } = await verify(dir, '--runner', runner, ...onMachine())
    expect(out).toContain('held      the decision service cannot be asked through the gateway')
    expect([status, err]).toEqual([0, ''])
    expect(out).not.toMatch(/^(?:broken|unknown) /m)
  }, 90_000)

  test('without the attacks it is unproven; a slice that is not in force, a list of another release and an open socket are broken', async () => {
    expect((await verify(dir, ...onMachine())).status).toBe(2)
    const [slice, config] = [join(dir, 'other.slice'), join(dir, 'old.conf')]
    await writeFile(slice, 'other')
    await writeFile(
      config,
      (await readFile(join(dir, 'nginx-edge', 'nginx.conf'), 'utf8')).replaceAll(/Everyhop-Removes \S+;/g, 'Everyhop-Removes 0123456789abcdef;'),
    )
    await chmod(join(dir, 'decide', 'edge'), 0o666)
    const { status, out } = await verify(dir, '--socket', join(dir, 'decide', 'edge'), '--slice', slice, '--config', config)
    expect([status, out.match(/^broken +\S.*?(?= {2})/gm)?.map((line) => line.replace(/^broken +/, ''))]).toEqual([
      1,
      ['the socket belongs to its user alone', 'the slice in force is the one in the file', 'the configuration removes the fields of this release'],
    ])
  }, 30_000)
})

describe.skipIf(frontHere() !== 'nginx')('somebody opened the location that leads to the service', () => {
  const life = createLifecycle()
  afterAll(() => life.stop())

  test('it is found without any credentials', async () => {
    const breakConfig = (config: string): string => config.replace(/(location = \/__everyhop\/decide \{\s+)internal;/, '$1')
    const { stand } = await buildSound(life, { keep: false, breakConfig })
    const { status, out } = await verify(stand.dir)
    expect([status, out]).toEqual([1, expect.stringMatching(/^broken +the decision service cannot be asked through the gateway +GET \/__everyhop\/decide/m)])
  }, 30_000)
})

test('a hop that is none, and a slice without a socket, end with 3', async () => {
  const life = createLifecycle()
  try {
    const { stand } = await buildSound(life, { keep: false })
    expect(await verify(stand.dir, '--hop', 'nowhere')).toMatchObject({ status: 3, err: expect.stringContaining('no hop nowhere') as string })
    expect(await verify(stand.dir, '--slice', 'x')).toMatchObject({ status: 3, err: expect.stringContaining('--socket') as string })
  } finally {
    await life.stop()
  }
}, 30_000)
