import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadManifest } from './load.js'
import { CONVEYED } from './sample.fixture.js'
import { compileSlices } from './slices.js'

/** Self-signed, P-256, made for this test; its key is gone. */
const PEM = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUKLi8svpgKgl09B251AbNvAb6UPYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJZWRnZS50ZXN0MCAXDTI2MTEyNzE4MDQzMFoYDzIxMjYxMTAz
MTgwNDMwWjAUMRIwEAYDVQQDDAllZGdlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQNHELsMlPfajA06K5ZujhD5AcvQkfxAiZWK495nVqwHlqPJa7f3aLK
TUsX33lZ1Vi+atHFbJygzQKRrL4RPLsMo1MwUTAdBgNVHQ4EFgQUQl93TdbZLF8i
XoBejsXqWQchKmkwHwYDVR0jBBgwFoAUQl93TdbZLF8iXoBejsXqWQchKmkwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAoReHUBswXFAToVwvxAIy
ZlLMuxocwNhRxuJ7FcpeDwQCIEiXYEX2o63LwxK8FE5OMGhwmmhPQFcu9giqgZus
8uhC
-----END CERTIFICATE-----`
const PEM_THUMBPRINT = 'qBfjDZxitWfjKHblDS2mAHpMQwzePC0Jiy0D5imbAI8'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-conveyed-'))
  await writeFile(join(folder, 'edge.pem'), PEM)
})
afterAll(() => rm(folder, { recursive: true }))

async function load(text: string) {
  const file = join(folder, 'everyhop.yaml')
  await writeFile(file, text)
  return loadManifest(file)
}

const THUMBPRINT = /certificates: \[([\w-]+)\]/.exec(CONVEYED)?.[1] ?? ''

test('the hop behind knows the terminator by its certificate, and nobody else does', async () => {
  const loaded = await load(CONVEYED)
  expect(loaded.ok || loaded.problems).toBe(true)
  const [edge, orders] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(orders?.terminators).toEqual([{ certificates: [THUMBPRINT], field: 'x-forwarded-client-cert', format: 'xfcc', alsoSets: ['x-forwarded-tls'] }])
  expect(edge?.terminators).toBeUndefined()
})

test('a certificate in a file counts by its SHA-256', async () => {
  const loaded = await load(CONVEYED.replace(THUMBPRINT, 'file:edge.pem'))
  expect(loaded.ok && compileSlices(loaded.chain)[1]?.terminators?.[0]?.certificates).toEqual([PEM_THUMBPRINT])
})

test('some proxies write RFC 9440 under a name of their own', async () => {
  const loaded = await load(CONVEYED.replace('format: xfcc', 'format: rfc9440'))
  expect(loaded.ok && compileSlices(loaded.chain)[1]?.terminators?.[0]).toMatchObject({ field: 'x-forwarded-client-cert', format: 'rfc9440' })
})

const CONVEYS = /conveys: \{.*?\}/.exec(CONVEYED)?.[0] ?? ''

/** The same chain with one more hop declared. */
const withHop = (hop: string): string => CONVEYED.replace('  orders: { kind: guard', `  ${hop}\n  orders: { kind: guard`)
const ATTESTING = 'side: { kind: proxy, owner: edge, base: [https://side.example.com], forward: attested, keys: [file:side.json] }'
const MIDDLE = 'mid: { kind: envoy, owner: edge, ingress: https://127.0.0.1:8444, forward: passthrough }'

const SPOILED: readonly (readonly [title: string, text: string, from: string, to: string, code: string])[] = [
  ['an attested hop that conveys', CONVEYED, 'forward: passthrough', 'forward: attested', 'conveys.mode'],
  ['Client-Cert in a vendor’s spelling', CONVEYED, 'field: X-Forwarded-Client-Cert', 'field: Client-Cert', 'conveys.format'],
  ['a field that conveys and is set besides', CONVEYED, '[X-Forwarded-Tls]', '[x-forwarded-client-cert]', 'conveys.field'],
  ['a certificate that cannot be read', CONVEYED, THUMBPRINT, 'file:gone.pem', 'conveys.unreadable'],
  ['plain http to the next hop', CONVEYED, 'https://127.0.0.1:8443', 'http://127.0.0.1:8080', 'conveys.plain'],
  ['two hops with one certificate', withHop(MIDDLE), '8444, forward: passthrough', `8444, forward: passthrough, ${CONVEYS}`, 'conveys.shared'],
  ['a forwarding hop behind it', withHop(MIDDLE), 'via: [[edge]]', 'via: [[edge, mid]]', 'conveys.reader'],
  [
    'a hop that gets attested requests as well',
    withHop(ATTESTING),
    'level: AL2 }',
    'level: AL2 }\n  - { path: /stock/**, at: orders, via: [[side]], clients: [shop] }',
    'conveys.beside-attested',
  ],
]

for (const [title, text, from, to, code] of SPOILED) {
  test(`${title}: ${code}`, async () => {
    expect(from !== '' && text.includes(from)).toBe(true)
    const loaded = await load(text.replace(from, to))
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.code)).toContain(code)
  })
}
