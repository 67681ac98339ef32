import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createPublicKey } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSlice } from '@everyhop/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The command as people run it: a process of its own, with what it prints and its exit status. */
const BIN = fileURLToPath(new URL('../bin/everyhop.js', import.meta.url))

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everyhop-cli-'))
})
afterAll(() => rm(dir, { recursive: true }))

type Ran = { readonly status: number; readonly out: string; readonly err: string }

const run = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: dir, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })

const MANIFEST = `version: 1
chain: orders
teams:
  identity: { layer: identity, contact: identity@example.com }
  edge: { layer: platform, contact: '#edge' }
  orders: { layer: application, contact: orders@example.com }
  red: { layer: security, contact: red@example.com }
issuer: { url: 'https://id.example.com', owner: identity }
hops:
  edge: { kind: nginx, owner: edge, base: ['https://api.example.com'], forward: attested, keys: ['file:edge.pub.json'] }
  orders: { kind: guard, owner: orders, ingress: 'http://127.0.0.1:8080', replayAuthority: true }
policy: { binding: [dpop], tokenLifetime: 10m, proofAge: 60s }
clients:
  shop: { kind: service }
routes:
  - { path: '/orders/**', at: orders, via: [[edge]], clients: [shop], level: AL2 }
`

describe('from a manifest to slices', () => {
  test('key new writes a private key for its owner only, and never over another', async () => {
    expect((await run('key', 'new', '--out', 'edge')).status).toBe(0)
    expect((await stat(join(dir, 'edge'))).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(join(dir, 'edge.pub.json'), 'utf8'))).not.toHaveProperty('d')
    const before = await readFile(join(dir, 'edge'), 'utf8')
    expect((await run('key', 'new', '--out', 'edge')).status).toBe(3)
    expect(await readFile(join(dir, 'edge'), 'utf8')).toBe(before)
  })

  test('check accepts a two-hop chain and draws it', async () => {
    await writeFile(join(dir, 'everyhop.yaml'), MANIFEST)
    const { status, out } = await run('check')
    expect([status, out]).toEqual([0, expect.stringContaining('─attested─▶')])
    expect((await run('check', '--explain')).out).toContain('AL2')
  })

  test('owners names one team for each control and place', async () => {
    const { status, out } = await run('owners', '--format', 'json')
    expect(status).toBe(0)
    const [chain] = JSON.parse(out).chains
    expect(chain.assignments).toContainEqual(expect.objectContaining({ control: 'POP-PL-02', place: 'edge', team: 'edge' }))
    expect(chain.assignments).toContainEqual(expect.objectContaining({ control: 'POP-AP-02', place: 'orders', team: 'orders' }))
  })

  test('compile signs a slice that the verifier reads, and no other key verifies', async () => {
    await run('key', 'new', '--out', 'slices', '--alg', 'Ed25519')
    await run('key', 'new', '--out', 'other', '--alg', 'Ed25519')
    expect((await run('compile', '--key', 'slices', '--out', 'out')).status).toBe(0)
    const jws = await readFile(join(dir, 'out/orders.slice'), 'utf8')
    const keyOf = async (name: string) => createPublicKey({ key: JSON.parse(await readFile(join(dir, `${name}.pub.json`), 'utf8')), format: 'jwk' })
    expect(readSlice(jws, await keyOf('slices')).slice).toMatchObject({ hop: 'orders', replayAuthority: true, neighbours: [{ hop: 'edge' }] })
    const other = await keyOf('other')
    expect(() => readSlice(jws, other)).toThrow(/not signed with the key/)
  })
})

test('check and owners say which routes are observed until when and by whom, and which enforce again', async () => {
  const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10)
  const observing = (ahead: number) => MANIFEST.replace('level: AL2', `level: AL2, observe: { until: '${day(ahead)}' }`)
  await writeFile(join(dir, 'observed.yaml'), observing(7))
  const says = expect.stringMatching(new RegExp(`/orders/\\*\\* is observed until ${day(7)}T00:00:00Z by orders .*nothing is proven`))
  expect([(await run('check', '-f', 'observed.yaml')).out, (await run('owners', '-f', 'observed.yaml')).out]).toEqual([says, says])
  await writeFile(join(dir, 'observed.yaml'), observing(-1))
  expect(await run('check', '-f', 'observed.yaml')).toMatchObject({ status: 0, out: expect.stringContaining('it enforces again') })
  await writeFile(join(dir, 'observed.yaml'), observing(92))
  expect(await run('check', '-f', 'observed.yaml')).toMatchObject({ status: 3, err: expect.stringContaining('at most 90 are allowed') })
})

test('five mistakes give five located errors and exit 3', async () => {
  const broken = MANIFEST.replace('layer: platform', 'layer: plattform')
    .replace('kind: service', 'kind: robot')
    .replace('tokenLifetime: 10m', 'tokenLifetime: soon')
    .replace('owner: orders, ingress', 'owner: nobody, ingress')
    .replace('level: AL2', 'levle: AL2')
  await writeFile(join(dir, 'broken.yaml'), broken)
  const { status, err } = await run('check', '-f', 'broken.yaml')
  expect(status).toBe(3)
  const lines = broken.split('\n')
  const located = [...err.matchAll(/^broken\.yaml:(\d+):(\d+): /gm)].map(([, line, column]) => lines[Number(line) - 1]!.slice(Number(column) - 1))
  for (const start of ['plattform', 'robot', 'soon', 'nobody', 'levle']) expect(located.some((at) => at.startsWith(start))).toBe(true)
})

const MISUSED: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
  ['an unknown command', ['prob'], /unknown command 'prob'[^]*probe/],
  ['a name of every object', ['constructor'], /unknown command/],
  ['an unknown option', ['check', '--bogus'], /unknown option '--bogus'/],
  ['a manifest that is not there', ['check', '-f', 'none.yaml'], /none\.yaml:1:1: there is no such file/],
  ['a probe without its runner file', ['probe'], /--runner/],
  ['a report in a form that nobody knows', ['probe', '--runner', 'none.json', '--format', 'pdf'], /json, junit, sarif, markdown, html/],
  ['something to explain that nobody knows', ['explain', 'proof.nonsense'], /proof\.nonsense/],
  ['a demo that does not exist', ['demo', '--only', 'nope'], /nope/],
]
describe('bad usage ends with 3 and says what is wrong', () => {
  for (const [what, args, says] of MISUSED) {
    test(what, async () => {
      const { status, err } = await run(...args)
      expect([status, err]).toEqual([3, expect.stringMatching(says)])
    })
  }
})

describe('what is explained', () => {
  for (const [name, says] of [
    ['proof.replayed', 'RFC9449§11.1'],
    ['POP-PL-02', 'Every hop preserves the proof'],
    ['NHI-03', 'NHI3:2025'],
    ['PR.AC-4', 'PR.AA-05'],
    ['RPL-01', 'POP-AP-02'],
  ] as const) {
    test(name, async () => {
      const { status, out } = await run('explain', name)
      expect([status, out]).toEqual([0, expect.stringContaining(says)])
    })
  }
})

test('help and version end with 0', async () => {
  for (const args of [[], ['--help'], ['--version'], ['probe', '--help'], ['gateway', '--help']]) expect((await run(...args)).status).toBe(0)
})

test('attacks lists every row of the catalogue, and on what each is proven', async () => {
  const rows = JSON.parse((await run('attacks', '--format', 'json')).out) as { id: string; implemented: boolean; proven?: { twin: string[]; live: string[] } }[]
  expect(rows.length).toBeGreaterThan(194)
  expect(rows.filter(({ implemented }) => implemented).length).toBeGreaterThan(40)
  for (const { id, implemented, proven } of rows) expect(proven === undefined || proven.twin.length === 0, id).toBe(!implemented)
  expect(rows.find(({ id }) => id === 'KEY-01')?.proven?.live).toHaveLength(1)
})

test('attacks lists those of a folder, and says what is wrong with them', async () => {
  const own = fileURLToPath(new URL('../../examples/own-attacks/attacks', import.meta.url))
  expect((await run('attacks', '--attacks', own)).out).toMatch(/^\+ OWN-01 +P1 +POP-AP-01 {2}A stolen token works in the X-Api-Key field$/m)
  expect(await run('attacks', '--attacks', dir)).toMatchObject({ status: 3, err: expect.stringContaining('it holds no attack') })
})
