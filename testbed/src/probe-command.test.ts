import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '@everyhop/chain'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildSound } from './chains/sound.js'
import { createLifecycle } from './lifecycle.js'

/** `everyhop probe` as people run it, against one chain that stands the whole time. */
const BIN = fileURLToPath(new URL('../../cli/bin/everyhop.js', import.meta.url))
const OWN = fileURLToPath(new URL('../../examples/own-attacks/attacks', import.meta.url))
const ENVIRONMENTS = '\nenvironments:\n  staging: {}\n  production: { probe: { class: P1 } }\n'

const life = createLifecycle()
let dir: string
let runner: string
beforeAll(async () => {
  const { stand } = await buildSound(life, { keep: false, edit: (text) => text + ENVIRONMENTS })
  ;({ dir, runner } = stand)
}, 30_000)
afterAll(() => life.stop())

type Ran = { readonly status: number; readonly out: string; readonly err: string }
const probe = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'probe', ...args], { cwd: dir, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
const reportIn = async (file: string): Promise<Report> => JSON.parse(await readFile(join(dir, file), 'utf8')) as Report

describe('a baseline', () => {
  test('says what is new, and with --fail-on new only that counts', async () => {
    const first = await probe('--env', 'staging', '--runner', runner, '--only', 'TOK-01,KEY-01', '--format', 'json', '--output', 'before.json', '--seed', '7')
    const before = await reportIn('before.json')
    expect([first.status, before.verdict, before.seed]).toEqual([0, 'holds', 7])

    const args = ['--env', 'staging', '--runner', runner, '--only', 'TOK-01,KEY-01', '--baseline']
    expect(await probe(...args, 'before.json', '--fail-on', 'new')).toMatchObject({ status: 0, out: expect.stringContaining('0 new, 0 persisting, 0 fixed') })

    // An earlier report in which the edge was broken, which this run sees mended.
    const finding = { attack: 'KEY-01', title: 'A thief gets in', control: 'POP-AP-01', severity: 'critical', outcome: 'breached', hop: 'orders' }
    const whose = {
      layer: 'application',
      owner: 'orders',
      contact: 'orders@example.com',
      coFaults: [],
      evidence: [],
      frameworks: {},
      remedy: '',
      reproduce: '',
    }
    await writeFile(join(dir, 'broken.json'), JSON.stringify({ ...before, findings: [{ ...finding, ...whose }] }))
    expect((await probe(...args, 'broken.json')).out).toMatch(/fixed +KEY-01 A thief gets in, POP-AP-01 at orders \(orders, .*\): held/)
  }, 30_000)

  test('of another environment, or none at all, ends with 3 before anything is sent', async () => {
    expect(await probe('--env', 'production', '--runner', runner, '--baseline', 'before.json')).toMatchObject({
      status: 3,
      err: expect.stringContaining('no report of sound in production, but of sound in staging'),
    })
    expect(await probe('--env', 'staging', '--runner', runner, '--baseline', 'none.json')).toMatchObject({ status: 3 })
  }, 30_000)
})

test('two environments beside each other: what was never tried in production, and why', async () => {
  const { status, out, err } = await probe('--compare', 'staging,production', '--runner', runner, '--only', 'PRF-01a,RPL-01')
  expect([status, err]).toEqual([0, ''])
  expect(out).toContain('sound: staging beside production')
  expect(out).toMatch(/Never tried in production: 1 attack\n {2}it is of class P2, and P1 is the most that may run here: RPL-01/)
}, 30_000)

test('attacks of a folder run beside those of the catalogue, and say how to see them again', async () => {
  const { status, out } = await probe('--env', 'staging', '--runner', runner, '--attacks', OWN, '--only', 'OWN', '--format', 'json')
  const report = JSON.parse(out) as Report
  expect([status, report.attacks.map(({ attack, outcome }) => [attack, outcome])]).toEqual([
    0,
    [
      ['OWN-02', 'held'],
      ['OWN-01', 'held'],
    ],
  ])
}, 30_000)

test('the plan says what would be run and what it costs, and needs no credentials', async () => {
  const { status, out } = await probe('--env', 'production', '--plan', '--only', 'PRF-01a,RPL-01')
  expect(status).toBe(0)
  expect(out).toMatch(/RPL-01 +P2 +\(not here\)/)
  expect(out).toMatch(/where one has not +1 attacks +about 15 requests +at 1 a second +15 s/)
})
