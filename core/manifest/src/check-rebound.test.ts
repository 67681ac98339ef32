import { createKeyPair } from '@everyhop/proof'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadManifest } from './load.js'
import { compileSlices } from './slices.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-rebound-'))
})
afterAll(() => rm(folder, { recursive: true }))

function newKey(): string {
  const { kty, crv, x, y } = createKeyPair('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  return JSON.stringify({ kty, crv, x, y })
}
const KEY = newKey()

const SOUND = `version: 1
chain: orders
teams:
  identity: { layer: identity, contact: i }
  edge: { layer: platform, contact: e }
  orders: { layer: application, contact: o }
  red: { layer: security, contact: r }
issuer: { url: https://id.example.com, owner: identity }
hops:
  edge: { kind: nginx, owner: edge, base: [https://api.example.com], forward: rebound, keys: [${KEY}] }
  inner: { kind: proxy, owner: edge, ingress: https://10.0.0.2:8443, authority: inner.example.com, forward: rebound, keys: [${newKey()}] }
  orders: { kind: guard, owner: orders, ingress: http://127.0.0.1:8080 }
  bills: { kind: guard, owner: orders, ingress: http://127.0.0.1:8081 }
policy: { binding: [dpop, mtls] }
clients:
  shop: { kind: service }
routes:
  - { path: /orders/**, at: orders, via: [[edge, inner]], clients: [shop] }
  - { path: /bills/**, at: bills, via: [[edge]], clients: [shop] }
`

let count = 0
async function load(text: string) {
  const file = join(folder, `${++count}.yaml`)
  await writeFile(file, text)
  return loadManifest(file)
}

test('each segment has its own base and audience; the last hop that exchanged is known, and so is its key', async () => {
  const loaded = await load(SOUND)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const slices = new Map(compileSlices(loaded.chain).map((slice) => [slice.hop, slice]))
  const seen = (hop: string) => {
    const { bases, routes, replayAuthority, next } = slices.get(hop)!
    const [{ via, actors, mode, audience, bindings } = {}] = routes
    return { bases, via, actors, mode, audience, bindings, replayAuthority, next: next?.hops.map(({ base }) => base) }
  }
  expect(seen('edge')).toMatchObject({
    bases: ['https://api.example.com'],
    via: [[]],
    actors: undefined,
    mode: 'direct',
    audience: ['https://api.example.com'],
    bindings: ['dpop', 'mtls'],
    replayAuthority: true,
    next: ['https://inner.example.com', 'http://127.0.0.1:8081'],
  })
  expect(seen('inner')).toMatchObject({
    bases: ['https://inner.example.com'],
    via: [[]],
    actors: ['edge'],
    mode: 'direct',
    audience: ['https://inner.example.com'],
    bindings: ['dpop'],
    replayAuthority: true,
    next: ['http://127.0.0.1:8080'],
  })
  expect(seen('orders')).toMatchObject({
    bases: ['http://127.0.0.1:8080'],
    via: [[]],
    actors: ['inner'],
    audience: ['http://127.0.0.1:8080'],
    replayAuthority: true,
  })
  expect(slices.get('orders')!.neighbours.map(({ hop, keys }) => [hop, keys.length])).toEqual([
    ['edge', 1],
    ['inner', 1],
  ])
})

test('an attesting hop behind one that rebinds attests for the new segment', async () => {
  const loaded = await load(
    SOUND.replace('inner.example.com, forward: rebound', 'inner.example.com, forward: attested').replace('clients: [shop] }', 'clients: [shop], level: AL1 }'),
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const orders = compileSlices(loaded.chain).find(({ hop }) => hop === 'orders')!
  expect(orders).toMatchObject({
    bases: ['https://inner.example.com'],
    routes: [{ via: [['inner']], actors: ['edge'], mode: 'attested', audience: ['https://inner.example.com'] }],
  })
})

const SPOILED: readonly (readonly [string, string, string, string])[] = [
  ['no key', `forward: rebound, keys: [${KEY}] }\n  inner`, 'forward: rebound }\n  inner', 'hop.no-keys'],
  ['a next hop of which no URL is known', 'ingress: http://127.0.0.1:8081', 'authority: bills.internal', 'hop.no-inner-base'],
  ['a client of the same name', 'shop: { kind: service }', 'shop: { kind: service }\n  edge: { kind: service }', 'rebound.client'],
  ['a key of an algorithm that proofs may not have', 'binding: [dpop, mtls]', 'binding: [dpop], proofAlg: [EdDSA]', 'rebound.alg'],
  ['a hop before it that would be lost', 'forward: rebound, keys', 'forward: attested, keys', 'rebound.lost'],
  ['a path that is rewritten', 'authority: inner.example.com,', 'authority: inner.example.com, rewrite: { from: /orders, to: /v1 },', 'rebound.rewrite'],
  ['any client', 'clients: [shop] }', 'clients: any }', 'rebound.any'],
  [
    'a client of another issuer',
    'shop: { kind: service }',
    'shop: { kind: service, issuer: other }\nissuers: { other: { url: https://other.example.com, owner: identity } }',
    'rebound.issuer',
  ],
  ['content that an exchange cannot cover', 'clients: [shop] }', 'clients: [shop], body: covered }', 'route.body'],
]
for (const [title, from, to, problem] of SPOILED) {
  test(`${title}: ${problem}`, async () => {
    expect(SOUND).toContain(from)
    const loaded = await load(SOUND.replace(from, to))
    expect(loaded.ok ? [] : loaded.problems.map(({ code }) => code)).toContain(problem)
  })
}

test('a hop where clients get nonces and a hop that rebinds comes too', async () => {
  const text = SOUND.replace('binding: [dpop, mtls]', 'binding: [dpop], nonce: required')
    .replace('at: bills, via: [[edge]]', 'at: orders, via: [[]]')
    .replace(
      'kind: guard, owner: orders, ingress: http://127.0.0.1:8080',
      'kind: guard, owner: orders, base: [https://orders.example.com], ingress: http://127.0.0.1:8080',
    )
    .replace(/ {2}bills.*\n/, '')
  const loaded = await load(text)
  expect(loaded.ok ? [] : loaded.problems.map(({ code }) => code)).toEqual(['rebound.nonce'])
})
