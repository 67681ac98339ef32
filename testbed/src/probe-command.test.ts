import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
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
  new Promise((done) => {
    execFile(process.execPath, [BIN, 'probe', ...args], { cwd: dir, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
      done({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
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

test('revocation is measured at each place, by token, client and key', async () => {
  const args = ['--env', 'staging', '--runner', runner, '--only', 'PRF-01a', '--measure', 'revocation', '--samples', '1', '--format', 'json']
  const { revocation = [] } = JSON.parse((await probe(...args)).out) as Report
  expect(revocation.map(({ by, entered, samples, reason = 'measured' }) => [by, entered, samples.length, reason])).toEqual([
    ['token', 'edge', 1, 'measured'],
    ['token', 'direct', 1, 'measured'],
    ['client', 'edge', 1, 'measured'],
    ['client', 'direct', 1, 'measured'],
    ['key', 'edge', 0, 'the issuer lets neither canary revoke a key: register one that may'],
    ['grant', 'edge', 0, 'revocations.grant of the runner file names no command for it'],
  ])
  for (const { samples } of revocation) for (const time of samples) expect(time).not.toBeNull()
}, 30_000)

test('the plan says what would be run and what it costs, and needs no credentials', async () => {
  const { status, out } = await probe('--env', 'production', '--plan', '--only', 'PRF-01a,RPL-01')
  expect(status).toBe(0)
  expect(out).toMatch(/RPL-01 +P2 +\(not here\)/)
  expect(out).toMatch(/where one has not +1 attacks +about 15 requests +at 1 a second +15 s/)
})

describe('the shell steps of the templates for CI', () => {
  /** The text of the block that follows a line, without its indentation. */
  async function blockAfter(file: string, line: string): Promise<string> {
    const text = await readFile(new URL(`../../examples/ci/${file}`, import.meta.url), 'utf8')
    const [, rest = ''] = text.split(`${line}\n`)
    const [first = ''] = rest.split('\n')
    const indent = ' '.repeat(first.length - first.trimStart().length)
    const lines = rest.split('\n')
    const end = lines.findIndex((one) => one !== '' && !one.startsWith(indent))
    return lines
      .slice(0, end)
      .map((one) => one.slice(indent.length))
      .join('\n')
  }

  /** The runner file with whole paths: a secret has no folder in which a CA could lie beside it. */
  async function movable(): Promise<string> {
    const whole = (_: string, name: string, file: string): string => `"${name}": ${JSON.stringify(resolve(dir, file))}`
    return (await readFile(runner, 'utf8')).replaceAll(/"(ca|certificate|certificateKey)": "([^"]+)"/g, whole)
  }

  async function runStep(step: string, shell: readonly [string, ...string[]], variables: Readonly<Record<string, string>>): Promise<Ran> {
    const bin = await mkdtemp(join(dir, 'bin-'))
    await writeFile(join(bin, 'npx'), `#!/bin/sh\nshift 2\nexec ${process.execPath} ${BIN} "$@"\n`, { mode: 0o700 })
    const env = { ...variables, NO_COLOR: '1', TMPDIR: bin, PATH: `${bin}:${process.env['PATH']}` }
    const [file, ...options] = shell
    const ran = await new Promise<Ran>((done) => {
      execFile(file, [...options, step], { cwd: dir, env }, (error, out, err) => done({ status: typeof error?.code === 'number' ? error.code : 0, out, err }))
    })
    expect(await readdir(bin), 'the runner file is left behind').toEqual(['npx'])
    return ran
  }

  test('GitHub: the report in three forms, a summary, and the status for the last step', async () => {
    const step = await blockAfter('github/action.yml', '      run: |')
    const none = { BASELINE: '', ATTACKS: '', REQUIRE_ASSURANCE: 'false', ACCEPT_WAIVED: 'false' }
    const files = { GITHUB_OUTPUT: join(dir, 'output'), GITHUB_STEP_SUMMARY: join(dir, 'summary') }
    const content = await movable()
    const variables = { ...none, ...files, EVERYHOP_RUNNER: content, MANIFEST: 'everyhop.yaml', ENVIRONMENT: 'staging', ONLY: 'PRF-01a' }
    expect(await runStep(step, ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'], variables)).toMatchObject({ status: 0, err: '' })
    expect(await readFile(files.GITHUB_OUTPUT, 'utf8')).toBe('status=0\n')
    expect(await readFile(files.GITHUB_STEP_SUMMARY, 'utf8')).toContain('### sound (staging): ✅ holds')
    expect((await reportIn('everyhop.json')).verdict).toBe('holds')
    expect(JSON.parse(await readFile(join(dir, 'everyhop.sarif'), 'utf8')).version).toBe('2.1.0')

    const wrong = { ...variables, MANIFEST: 'none.yaml' }
    expect((await runStep(step, ['bash', '-eo', 'pipefail', '-c'], wrong)).status).toBe(0)
    expect(await readFile(files.GITHUB_OUTPUT, 'utf8')).toBe('status=0\nstatus=3\n')
  }, 30_000)

  test('GitLab: the report for its tests tab, and the status of the job', async () => {
    const step = await blockAfter('gitlab/probe.yml', '    - |')
    await writeFile(join(dir, 'secret.json'), await movable())
    const variables = { EVERYHOP_RUNNER: join(dir, 'secret.json'), EVERYHOP_MANIFEST: 'everyhop.yaml', EVERYHOP_ENVIRONMENT: 'staging', EVERYHOP_BASELINE: '' }
    const options = { EVERYHOP_OPTIONS: '--only PRF-01a --require assurance' }
    expect((await runStep(step, ['sh', '-ec'], { ...variables, ...options })).status).toBe(2)
    expect(await readFile(join(dir, 'everyhop.xml'), 'utf8')).toContain('<testsuite name="sound (staging): orders"')
    expect(await readFile(join(dir, 'everyhop.html'), 'utf8')).toContain('<h2 id="chain-0">sound (staging)</h2>')
  }, 30_000)
})
