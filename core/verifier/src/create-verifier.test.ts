import { createKeyPair } from '@everyhop/proof'
import { sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { evidenceFrom } from './evidence-from.js'
import { createMemoryReplayStore } from './replay/memory.js'
import type { ReplayStore } from './replay/replay-store.js'
import { sample, SLICE, type Sample } from './sample.testkit.js'

const seen = (token: string, proof: string, extra: readonly string[] = []) =>
  evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof, ...extra] })

async function outcome({ verifier }: Sample, token: string, proof: string): Promise<string> {
  const decision = await verifier.verify(seen(token, proof))
  return decision.verdict === 'deny' ? decision.code : 'allow'
}

const ask = (chain: Sample, token = chain.token()): Promise<string> => outcome(chain, token, chain.proof(token))

/** The same, signed by another key. */
function resigned(jws: string, key: KeyObject): string {
  const input = jws.slice(0, jws.lastIndexOf('.'))
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

test('an honest request is allowed once, and its copy is a replay', async () => {
  const chain = sample()
  const token = chain.token()
  const proof = chain.proof(token)
  expect(await outcome(chain, token, proof)).toBe('allow')
  expect(await outcome(chain, token, proof)).toBe('proof.replayed')
  expect(chain.receipts.map(({ decision, code, client, tokenId }) => [decision, code, client, tokenId !== undefined])).toEqual([
    ['allow', undefined, 'shop', true],
    ['deny', 'proof.replayed', 'shop', true],
  ])
})

test('of 64 copies at once exactly one is allowed', async () => {
  const chain = sample()
  const token = chain.token()
  const proof = chain.proof(token)
  const answers = await Promise.all(Array.from({ length: 64 }, () => outcome(chain, token, proof)))
  expect(answers.filter((answer) => answer === 'allow')).toHaveLength(1)
  expect(answers.filter((answer) => answer === 'proof.replayed')).toHaveLength(63)
})

test('of many at once, with signatures on other threads, each gets its own answer', async () => {
  const chain = sample()
  const stranger = createKeyPair('ec', { namedCurve: 'P-256' })
  const kinds = {
    allow: () => ({ token: chain.token() }),
    'token.signature': () => ({ token: resigned(chain.token(), stranger.privateKey) }),
    'proof.signature': () => ({ token: chain.token(), by: stranger.privateKey }),
    'proof.method': () => ({ token: chain.token(), claims: { htm: 'PUT' } }),
  } satisfies Record<string, () => { token: string; by?: KeyObject; claims?: Record<string, unknown> }>
  const asked = Array.from({ length: 25 }, () => Object.entries(kinds)).flat()
  const answers = await Promise.all(
    asked.map(([, make]) => {
      const { token, by, claims }: { token: string; by?: KeyObject; claims?: Record<string, unknown> } = make()
      const proof = chain.proof(token, claims)
      return outcome(chain, token, by ? resigned(proof, by) : proof)
    }),
  )
  expect(answers).toEqual(asked.map(([expected]) => expected))
})

describe('a replay store that cannot say is a denial with the verifier at fault', () => {
  const stores: Readonly<Record<string, ReplayStore>> = {
    rejects: { spend: () => Promise.reject(new Error('down')) },
    throws: {
      spend: () => {
        throw new Error('down')
      },
    },
    hangs: { spend: () => new Promise(() => undefined) },
    'answers nonsense': { spend: () => Promise.resolve(undefined as never) },
  }
  for (const [what, replay] of Object.entries(stores)) {
    test(what, async () => {
      const chain = sample({ replay, spendDeadlineMs: 10 })
      expect(await ask(chain)).toBe('replay.unavailable')
      expect(chain.receipts[0]).toMatchObject({ fault: 'verifier' })
    })
  }
})

describe('the keys of the issuer', () => {
  test('an issuer that is down is a denial with the verifier at fault', async () => {
    const chain = sample()
    chain.documents.clear()
    expect(await ask(chain)).toBe('keys.unavailable')
    await expect(chain.verifier.ready()).rejects.toMatchObject({ code: 'config.issuer' })
  })
  test('metadata of another issuer does not count', async () => {
    const chain = sample()
    chain.documents.set('https://id.test/.well-known/oauth-authorization-server', () => ({ issuer: 'https://evil.test', jwks_uri: 'https://id.test/jwks' }))
    expect(await ask(chain)).toBe('keys.unavailable')
  })
  test('a flood of unknown key ids costs the issuer one fetch in five seconds', async () => {
    const chain = sample()
    expect(await ask(chain)).toBe('allow')
    const before = chain.fetched.length
    for (let index = 0; index < 20; index++) expect(await ask(chain, chain.token({}, `k${index + 2}`))).toBe('token.unknown-key')
    expect(chain.fetched.length - before).toBe(0)
    chain.time.now += 5
    for (let index = 0; index < 20; index++) await ask(chain, chain.token({}, `k${index + 2}`))
    expect(chain.fetched.slice(before).filter((url) => url.endsWith('/jwks'))).toHaveLength(1)
  })
  test('a rotated key is found, and the old one no longer counts', async () => {
    const chain = sample()
    const old = chain.token()
    expect(await ask(chain, old)).toBe('allow')
    const next = sample()
    chain.documents.set('https://id.test/jwks', next.documents.get('https://id.test/jwks')!)
    chain.time.now += 301
    expect(await ask(chain, chain.token())).toBe('token.signature')
  })
  test('keys outlive an outage of the issuer, for an hour', async () => {
    const chain = sample()
    expect(await ask(chain)).toBe('allow')
    chain.documents.clear()
    chain.time.now += 3_600
    expect(await ask(chain)).toBe('allow')
    chain.time.now += 6
    expect(await ask(chain)).toBe('keys.unavailable')
  })
})

describe('a request that waited', () => {
  /** Forgets by the true time, as a store with expiring entries does. */
  const expiring = (now: () => number): ReplayStore => {
    const live = new Map<string, number>()
    return {
      async spend({ id, until }) {
        if ((live.get(id) ?? -1) >= now()) return 'spent'
        live.set(id, until)
        return 'fresh'
      },
    }
  }
  test('for the issuer until its first use is forgotten is not taken for the first', async () => {
    const feed = 'https://id.test/revocations'
    const chain: Sample = sample({ replay: expiring(() => chain.time.now), change: { issuers: [{ ...SLICE.issuers[0]!, revocations: feed }] } })
    const answer = () => ({ schema: 'everyhop.revocations/1', watermark: chain.time.now, revoked: [] })
    chain.documents.set(feed, answer)
    const token = chain.token()
    const proof = chain.proof(token)
    expect(await outcome(chain, token, proof)).toBe('allow')
    chain.documents.set(feed, () => {
      chain.time.now += 6
      return answer()
    })
    chain.time.now += 60
    expect(await outcome(chain, token, proof)).toBe('replay.unavailable')
  })
})

describe('revocation', () => {
  const FEED = 'https://id.test/revocations'
  const revocable = () => sample({ change: { issuers: [{ ...SLICE.issuers[0]!, revocations: FEED }] } })
  test('is seen within a second, verified tokens included', async () => {
    const chain = revocable()
    const revoked: { id: string }[] = []
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', watermark: chain.time.now, revoked }))
    const token = chain.token()
    expect(await ask(chain, token)).toBe('allow')
    revoked.push({ id: chain.receipts[0]!.tokenId! })
    chain.time.now += 1.01
    expect(await ask(chain, token)).toBe('token.revoked')
    expect(await ask(chain, chain.token({ jti: 'token-2' }))).toBe('allow')
  })
  test('a feed that is down or garbled is a denial with the verifier at fault', async () => {
    const chain = revocable()
    expect(await ask(chain)).toBe('revocation.unavailable')
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', revoked: [{}] }))
    expect(await ask(chain)).toBe('revocation.unavailable')
  })
  test('outlives an issuer that starts again and knows nothing of it, as long as the token would live', async () => {
    const chain = revocable()
    const revoked: { id: string; until: number }[] = []
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', watermark: chain.time.now, revoked }))
    const token = chain.token()
    expect(await ask(chain, token)).toBe('allow')
    revoked.push({ id: chain.receipts[0]!.tokenId!, until: chain.time.now + 300 })
    chain.time.now += 2
    expect(await ask(chain, token)).toBe('token.revoked')
    revoked.length = 0
    chain.time.now += 200
    expect(await ask(chain, token)).toBe('token.revoked')
    chain.time.now += 160
    expect(await ask(chain)).toBe('allow')
  })
  test('a feed that stands still, in a cache or at its source, is none', async () => {
    const chain = revocable()
    const { now } = chain.time
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', watermark: now, revoked: [] }))
    chain.time.now += 30
    expect(await ask(chain)).toBe('allow')
    chain.time.now += 1.01
    expect(await ask(chain)).toBe('revocation.unavailable')
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', revoked: [] }))
    expect(await ask(chain)).toBe('revocation.unavailable')
  })
  test('a clock that is set back does not make an old answer new', async () => {
    const chain = revocable()
    const revoked: { id: string }[] = []
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', watermark: chain.time.now, revoked }))
    expect(await ask(chain)).toBe('allow')
    revoked.push({ id: chain.receipts[0]!.tokenId! })
    chain.time.now -= 3_600
    expect(await ask(chain)).toBe('token.revoked')
  })
  test('a feed of a hundred thousand is read', async () => {
    const chain = revocable()
    const revoked = Array.from({ length: 100_000 }, (_, index) => ({ id: String(index).padStart(43, '0'), until: 1_790_000_000 }))
    chain.documents.set(FEED, () => ({ schema: 'everyhop.revocations/1', watermark: chain.time.now, revoked }))
    expect(await ask(chain)).toBe('allow')
  })
  test('a refused token burns no proof', async () => {
    const chain = revocable()
    const replay = createMemoryReplayStore({ since: 'always' })
    const withStore = sample({ replay, change: { issuers: [{ ...SLICE.issuers[0]!, revocations: FEED }] } })
    await ask(withStore)
    expect(replay.size).toBe(0)
    expect(chain.fetched).toEqual([])
  })
})

describe('nonces', () => {
  const nonced = () => sample({ nonceSecrets: [Buffer.alloc(32, 1)], change: { proof: { ...SLICE.proof, nonce: 'required' } } })
  test('the challenge carries a nonce, and the proof with it is allowed', async () => {
    const chain = nonced()
    const token = chain.token()
    const decision = await chain.verifier.verify(seen(token, chain.proof(token)))
    expect(decision).toMatchObject({ code: 'proof.nonce-missing' })
    const { status, fields } = chain.verifier.refusal(decision as never)
    const nonce = fields.find(([name]) => name === 'DPoP-Nonce')?.[1]
    expect(status).toBe(401)
    expect(fields.find(([name]) => name === 'WWW-Authenticate')?.[1]).toBe('DPoP error="use_dpop_nonce", algs="ES256"')
    expect(await outcome(chain, token, chain.proof(token, { nonce }))).toBe('allow')
    chain.time.now += 76
    const later = chain.token()
    expect(await outcome(chain, later, chain.proof(later, { nonce }))).toBe('proof.nonce')
  })
  test('a short secret stops the start', () => {
    expect(() => sample({ nonceSecrets: [Buffer.alloc(31)], change: { proof: { ...SLICE.proof, nonce: 'required' } } })).toThrow(/32 bytes/)
    expect(() => sample({ change: { proof: { ...SLICE.proof, nonce: 'required' } } })).toThrow(/nonceSecret/)
  })
})

describe('reload', () => {
  test('a good slice comes into force; a bad one is refused and the old one stays', async () => {
    const chain = sample()
    expect(await ask(chain)).toBe('allow')
    expect(() => chain.verifier.reload({ slice: { ...SLICE, bases: ['ftp://x'] }, digest: 'bad' })).toThrow(/not a plain/)
    expect(await ask(chain)).toBe('allow')
    chain.verifier.reload({ slice: { ...SLICE, routes: [{ ...SLICE.routes[0]!, clients: [] }] }, digest: 'next' })
    expect(await ask(chain)).toBe('token.client')
    expect(chain.receipts.at(-1)?.slice).toBe('next')
  })
})

test('a verifier that must remember needs a store', () => {
  expect(() => sample({ replay: undefined as never })).toThrow(/replay store/)
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no time')
    },
  ],
  ['tells no time', () => Number.NaN],
])('a clock that %s is a denial with the verifier at fault', async (_, tell) => {
  const nonces = { nonceSecrets: [Buffer.alloc(32, 1)], change: { proof: { ...SLICE.proof, nonce: 'required' as const } } }
  const honest = sample()
  const token = honest.token()
  const { verifier, receipts } = sample({ ...nonces, clock: tell })
  const decision = await verifier.verify(seen(token, honest.proof(token)))
  expect(decision).toMatchObject({ code: 'verifier.failed', fault: 'verifier' })
  expect([verifier.refusal(decision as never).status, verifier.nonce(), Number.isFinite(receipts[0]?.time)]).toEqual([503, undefined, true])
})

test('a sink that throws harms no request', async () => {
  const chain = sample({
    sink: {
      append() {
        throw new Error('full')
      },
    },
  })
  expect(await ask(chain)).toBe('allow')
})

test('no token, proof or key is in a receipt or refusal', async () => {
  const chain = sample()
  const token = chain.token()
  const proof = chain.proof(token)
  await outcome(chain, token, proof)
  const denied = await chain.verifier.verify(seen(token, proof))
  const written = JSON.stringify([chain.receipts, chain.verifier.refusal(denied as never)])
  for (const secret of [token, proof, ...token.split('.'), ...proof.split('.')]) expect(written).not.toContain(secret)
})

test('fields that only a hop may set are counted under every spelling', () => {
  const fields = [
    'client-cert',
    'a',
    'Client_Cert',
    'b',
    'X-SSL-Client-Verify',
    'c',
    'X-Forwarded-Client-Cert',
    'd',
    'X_User',
    'e',
    'Remote-User',
    'f',
    'OIDC_sub',
    'g',
    'everyhop_hop',
    'h',
    'X-Request-Id',
    'i',
    'User-Agent',
    'j',
    'DPoP',
    'k',
    'dpop',
    'l',
  ]
  const { hop, dpop } = evidenceFrom({ method: 'GET', target: '/', rawHeaders: fields })
  expect(hop.clientCert).toEqual(['a'])
  expect(hop.aliases).toEqual(['client_cert', 'x-ssl-client-verify', 'x-forwarded-client-cert', 'x_user', 'remote-user', 'oidc_sub', 'everyhop_hop'])
  expect(dpop).toEqual(['k', 'l'])
  expect(evidenceFrom({ method: 'GET', target: '/', rawHeaders: ['Trailer', 'X-A, DPoP'] }).trailers).toBe(true)
  expect(evidenceFrom({ method: 'GET', target: '/', rawHeaders: ['Early-Data', '1'] }).earlyData).toBe(true)
})

test('an odd spelling of one route does not come in by a wider one', async () => {
  const [route] = SLICE.routes
  const routes = [{ ...route!, pattern: '/orders/export', clients: ['admin'] }, { ...route!, pattern: '/orders/*/lines', clients: ['admin'] }, route!]
  const chain = sample({ change: { routes } })
  const at = async (target: string): Promise<string> => {
    const token = chain.token()
    const rawHeaders = ['Authorization', `DPoP ${token}`, 'DPoP', chain.proof(token, { htu: `https://api.test${target}` })]
    const decision = await chain.verifier.verify(evidenceFrom({ method: 'GET', target, rawHeaders }))
    return decision.verdict === 'deny' ? decision.code : 'allow'
  }
  for (const target of ['/orders/export', '/orders/%65xport', '/orders/1/lines']) expect([target, await at(target)]).toEqual([target, 'token.client'])
  for (const target of [
    '/orders/EXPORT',
    '/orders/export/',
    '/orders//export',
    '/orders/export;a=b',
    '/orders/export;/1',
    '/orders/1/line%C5%BF',
    '/orders/1%2Flines',
    '/orders/1/Lines/',
  ]) {
    expect([target, await at(target)]).toEqual([target, 'request.target'])
  }
  for (const target of ['/orders/1', '/orders/1/', '/orders/1;v=2', '/orders/A%2Fb', '/orders/exports', '/orders'])
    expect([target, await at(target)]).toEqual([target, 'allow'])
})
