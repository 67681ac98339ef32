import { randomUUID, type KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { compileSlices, loadManifest } from '@everyhop/manifest'
import { createKeyPair, sha256, signCompact, thumbprintOf } from '@everyhop/proof'
import { compilePolicy, compileTerminators, createMemoryReplayStore, createVerifier, evidenceFrom, type Fetch } from '@everyhop/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PAGE = await readFile(new URL('../../docs/manifest-by-example.md', import.meta.url), 'utf8')
const BLOCKS = [...PAGE.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = '']) => block)
const NOW = Date.parse('2026-11-02') / 1_000

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-examples-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The members of a block at its top, with all that stands under each. */
const membersOf = (block: string): ReadonlyMap<string, string> =>
  new Map(block.split(/^(?=\w)/m).map((member) => [member.slice(0, member.indexOf(':')), member] as const))

/** The first block, with the members of another in place of its own. */
const laidOver = (block: string): string => [...new Map([...membersOf(BLOCKS[0] ?? ''), ...membersOf(block)]).values()].join('')

async function slicesOf(text: string): Promise<readonly Slice[]> {
  const file = join(folder, 'everyhop.yaml')
  await writeFile(file, text)
  const loaded = await loadManifest(file, { now: NOW })
  expect(loaded.ok || loaded.problems).toBe(true)
  return loaded.ok ? compileSlices(loaded.chain) : []
}

describe('every example of the page loads, and each of its slices opens', () => {
  test('there are some', () => expect(BLOCKS.length).toBeGreaterThan(6))
  for (const [index, block] of BLOCKS.entries()) {
    test(`block ${index + 1}: ${block.split('\n')[0]}`, async () => {
      const slices = await slicesOf(laidOver(block))
      expect(slices.map(({ hop }) => hop)).toEqual(['edge', ...(block.includes('  mesh:') ? ['mesh'] : []), 'orders'])
      for (const slice of slices) {
        const policy = compilePolicy(slice, undefined)
        expect(policy.routes).toHaveLength(1)
        expect(compileTerminators(slice).of(Buffer.from('no certificate'))).toBeUndefined()
      }
    })
  }
})

const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y } as Record<string, string>
}

/** Who issues, for whom, and what comes of it at the application of the two issuers. */
const CROSSINGS = [
  ['https://id.example.com', 'shop', 'allow'],
  ['https://login.partner.example', '7f3a91', 'allow'],
  ['https://login.partner.example', 'shop', 'token.client'],
  ['https://id.example.com', '7f3a91', 'token.client'],
  ['https://elsewhere.example', 'shop', 'token.issuer'],
] as const

for (const [iss, client, expected] of CROSSINGS) {
  test(`a token of ${iss} for ${client}: ${expected}`, async () => {
    const block = BLOCKS.find((one) => one.startsWith('issuers:')) ?? ''
    const plain = block
      .replace('[PS256, RS256]', '[ES256]')
      .replace(/ {4}introspects?.*\n/g, '')
      .replace(/ {4}introspection:.*\n/, '')
    const slices = await slicesOf(laidOver(plain).replace(', revocations: https://id.example.com/revocations', ''))
    const [issuer, holder] = [0, 1].map(() => createKeyPair('ec', { namedCurve: 'P-256' })) as [Pair, Pair]
    const fetch: Fetch = async (url) => {
      const { origin, pathname } = new URL(url)
      const document =
        pathname === '/jwks' ? { keys: [{ ...jwkOf(issuer.publicKey), kid: 'k', alg: 'ES256' }] } : { issuer: origin, jwks_uri: `${origin}/jwks` }
      return { ok: true, body: [Buffer.from(JSON.stringify(document))] as unknown as AsyncIterable<Uint8Array> }
    }
    const verifier = createVerifier({
      slice: { slice: slices[1]!, digest: 'digest' },
      replay: createMemoryReplayStore({ since: 'always' }),
      fetch,
      clock: () => NOW,
    })
    const base = 'https://api.example.com'
    const cnf = { jkt: thumbprintOf(holder.publicKey) }
    const claims = { iss, sub: client, client_id: client, aud: base, jti: randomUUID(), sid: 'grant', iat: NOW, exp: NOW + 60, cnf }
    const token = signCompact({ typ: 'at+jwt', kid: 'k' }, claims, issuer.privateKey)
    const proof = signCompact(
      { typ: 'dpop+jwt', jwk: jwkOf(holder.publicKey) },
      { jti: randomUUID(), htm: 'GET', htu: `${base}/orders/1`, iat: NOW, ath: sha256(token) },
      holder.privateKey,
    )
    const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof] }))
    expect(decision.verdict === 'deny' ? decision.code : decision.verdict).toBe(expected)
  })
}

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
