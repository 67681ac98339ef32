import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CODES, thumbprintOf, type Code } from '@everyhop/proof'
import { evidenceFrom } from '../evidence-from.js'
import { createMemoryReplayStore } from '../replay/memory.js'
import { sample, SLICE } from '../sample.testkit.js'
import type { IntrospectionCredentials } from './introspector.js'

const ENDPOINT = 'https://id.test/introspect'
const CREDENTIALS: IntrospectionCredentials = { method: 'client_secret_post', clientId: 'guard', clientSecret: 's3cret' }
const [ISSUER] = SLICE.issuers
type Introspects = readonly ('opaque' | 'jwt')[]

/** The sample chain whose issuer answers questions about tokens; `active` holds those that are. */
function chainThatAsks({ introspects, ...credentials }: { introspects?: Introspects; maxCacheSeconds?: number } = {}) {
  const replay = createMemoryReplayStore({ since: 'always' })
  const issuer = { ...ISSUER!, introspection: ENDPOINT, ...(introspects === undefined ? {} : { introspects }) }
  const chain = sample({ replay, introspection: { 'https://id.test': { ...CREDENTIALS, ...credentials } }, change: { issuers: [issuer] } })
  const active = new Set(['opaque-1'])
  const answer = (form: URLSearchParams, more: Record<string, unknown> = {}): unknown => {
    if (form.get('client_secret') !== 's3cret' || !active.has(form.get('token') ?? '')) return { active: false }
    const claims = { client_id: 'shop', aud: 'https://api.test', exp: chain.time.now + 300, iat: chain.time.now, token_type: 'DPoP' }
    return { active: true, ...claims, cnf: { jkt: thumbprintOf(chain.client.publicKey) }, ...more }
  }
  chain.documents.set(ENDPOINT, (form) => answer(form))
  const ask = async (token: string, { scheme = 'DPoP', proof = chain.proof(token), target = '/orders/1' } = {}): Promise<string> => {
    const rawHeaders = ['Authorization', `${scheme} ${token}`, ...(proof === '' ? [] : ['DPoP', proof])]
    const decision = await chain.verifier.verify(evidenceFrom({ method: 'GET', target, rawHeaders }))
    return decision.verdict === 'deny' ? decision.code : 'allow'
  }
  const questions = (): number => chain.fetched.filter((url) => url === ENDPOINT).length
  return { ...chain, active, answer, ask, questions, replay }
}

describe('an opaque token', () => {
  test('is what its issuer says, asked once a second', async () => {
    const chain = chainThatAsks()
    expect([await chain.ask('opaque-1'), await chain.ask('opaque-1'), chain.questions()]).toEqual(['allow', 'allow', 1])
    chain.time.now += 1
    expect([await chain.ask('opaque-1'), chain.questions()]).toEqual(['allow', 2])
    const tokenId = createHash('sha256').update('opaque-1').digest('base64url')
    expect(chain.receipts[0]).toMatchObject({ decision: 'allow', client: 'shop', binding: 'dpop', tokenId })
  })
  test('is refused a second after it was revoked, and burns no proof then', async () => {
    const chain = chainThatAsks()
    expect(await chain.ask('opaque-1')).toBe('allow')
    chain.active.clear()
    chain.time.now += 1
    expect([await chain.ask('opaque-1'), chain.replay.size]).toEqual(['token.inactive', 1])
  })
  test('is asked about at each request where nothing may be kept', async () => {
    const chain = chainThatAsks({ maxCacheSeconds: 0 })
    expect([await chain.ask('opaque-1'), await chain.ask('opaque-1'), chain.questions()]).toEqual(['allow', 'allow', 2])
  })
  test('of a stranger costs a question only where the request holds without it', async () => {
    const chain = chainThatAsks()
    const other = chain.proof('another token')
    expect(await chain.ask('opaque-1', { proof: '' })).not.toBe('allow')
    expect(await chain.ask('opaque-1', { proof: 'garbage' })).toBe('proof.malformed')
    expect(await chain.ask('opaque-1', { proof: other })).toBe('proof.token-hash')
    expect(await chain.ask('opaque-1', { proof: chain.proof('opaque-1').slice(0, -4) + 'AAAA' })).toBe('proof.signature')
    expect(await chain.ask('opaque-1', { target: '/else' })).toBe('route.undeclared')
    expect(chain.questions()).toBe(0)
  })
  test('is not asked about where no issuer is declared for it', async () => {
    const chain = chainThatAsks({ introspects: ['jwt'] })
    expect([await chain.ask('opaque-1'), chain.questions()]).toEqual(['token.opaque', 0])
  })

  const answers: readonly (readonly [code: Code, answer: (chain: ReturnType<typeof chainThatAsks>, form: URLSearchParams) => unknown])[] = [
    ['token.inactive', () => ({ active: false })],
    ['introspection.unavailable', () => ({})],
    ['token.issuer', (chain, form) => chain.answer(form, { iss: 'https://evil.test' })],
    ['token.incomplete', () => ({ active: true })],
    ['token.audience', (chain, form) => chain.answer(form, { aud: 'https://else.test' })],
    ['token.expired', (chain, form) => chain.answer(form, { exp: chain.time.now - 60 })],
    ['token.client', (chain, form) => chain.answer(form, { client_id: 'else' })],
    ['token.type', (chain, form) => chain.answer(form, { token_type: 'Bearer' })],
    ['token.other-key', (chain, form) => chain.answer(form, { cnf: { jkt: 'A'.repeat(43) } })],
  ]
  for (const [code, answer] of answers) {
    test(`${code}: what the issuer says is checked like any token`, async () => {
      const chain = chainThatAsks()
      chain.documents.set(ENDPOINT, (form) => answer(chain, form))
      expect([await chain.ask('opaque-1'), chain.replay.size]).toEqual([code, 0])
      expect(chain.receipts[0]).toMatchObject({ fault: CODES[code].fault })
    })
  }
  test('whose issuer does not answer is refused, the verifier at fault', async () => {
    const chain = chainThatAsks()
    chain.documents.delete(ENDPOINT)
    expect(await chain.ask('opaque-1')).toBe('introspection.unavailable')
    expect(chain.receipts[0]).toMatchObject({ fault: 'verifier' })
  })
  test('is asked about again where the content kept us waiting', async () => {
    const chain = chainThatAsks()
    chain.verifier.reload({ slice: { ...chain.verifier.slice().slice, routes: [{ ...SLICE.routes[0]!, body: 'covered' }] }, digest: 'covered' })
    const sha256 = createHash('sha256').update('content').digest('base64')
    const rawHeaders = ['Authorization', 'DPoP opaque-1', 'DPoP', chain.proof('opaque-1'), 'Content-Digest', `sha-256=:${sha256}:`]
    const decision = await chain.verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }), async () => {
      chain.active.clear()
      chain.time.now += 2
      return { sha256 }
    })
    expect(decision).toMatchObject({ code: 'token.inactive' })
  })
})

describe('a JWT whose issuer is asked too', () => {
  test('is refused a second after it was revoked there, and burns no proof then', async () => {
    const chain = chainThatAsks({ introspects: ['jwt'] })
    const token = chain.token()
    chain.active.add(token)
    expect([await chain.ask(token), await chain.ask(token), chain.questions()]).toEqual(['allow', 'allow', 1])
    chain.active.clear()
    chain.time.now += 1
    expect([await chain.ask(token), chain.replay.size]).toEqual(['token.inactive', 2])
  })
  test('is no stranger’s question: it verifies before', async () => {
    const chain = chainThatAsks({ introspects: ['jwt', 'opaque'] })
    expect(await chain.ask(chain.token({ cnf: { jkt: 'A'.repeat(43) } }))).toBe('token.other-key')
    const token = chain.token()
    expect(await chain.ask(`${token.slice(0, -4)}AAAA`)).toBe('token.signature')
    expect(chain.questions()).toBe(0)
    chain.active.add(token)
    expect([await chain.ask(token), await chain.ask('opaque-1')]).toEqual(['allow', 'allow'])
  })
  test('stays what it is signed to be: the answer only says that it lives', async () => {
    const chain = chainThatAsks({ introspects: ['jwt'] })
    chain.documents.set(ENDPOINT, () => ({ active: true }))
    expect([await chain.ask(chain.token()), await chain.ask(chain.token({ aud: 'https://else.test' }))]).toEqual(['allow', 'token.audience'])
  })
  test('is refused where the issuer does not answer, the verifier at fault', async () => {
    const chain = chainThatAsks({ introspects: ['jwt'] })
    chain.documents.delete(ENDPOINT)
    expect(await chain.ask(chain.token())).toBe('introspection.unavailable')
  })
  test('is not asked about where only opaque ones are', async () => {
    const chain = chainThatAsks()
    expect([await chain.ask(chain.token()), chain.questions()]).toEqual(['allow', 0])
  })
})

describe('what stays open is closed', () => {
  const cases: readonly (readonly [what: string, introspects: Introspects | undefined])[] = [
    ['when its opaque token was revoked', undefined],
    ['when its JWT was revoked at an issuer that is asked', ['jwt']],
  ]
  for (const [what, introspects] of cases) {
    test(what, async () => {
      const chain = chainThatAsks(introspects === undefined ? {} : { introspects })
      const token = introspects === undefined ? 'opaque-1' : chain.token()
      chain.active.add(token)
      const rawHeaders = ['Authorization', `DPoP ${token}`, 'DPoP', chain.proof(token)]
      const decision = await chain.verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }))
      if (decision.verdict !== 'allow') throw new Error(decision.code)
      const closed = new Promise<void>((resolve) => {
        chain.verifier.watch(decision.proven, resolve)
      })
      chain.active.clear()
      chain.time.now += 1
      await closed
      expect(chain.receipts.map(({ code }) => code)).toEqual([undefined, 'token.revoked'])
    })
  }
})

describe('an issuer of opaque tokens alone', () => {
  const issuer = { ...ISSUER!, algs: [], introspection: ENDPOINT }
  const start = () => sample({ introspection: { 'https://id.test': CREDENTIALS }, change: { issuers: [issuer] } })
  test('needs no keys', async () => {
    const chain = start()
    chain.documents.clear()
    chain.documents.set(ENDPOINT, () => ({ active: false }))
    await chain.verifier.ready()
    expect(chain.fetched).toEqual([ENDPOINT])
  })
  test('is not ready where it does not take the credentials', async () => {
    const chain = start()
    await expect(chain.verifier.ready()).rejects.toMatchObject({ code: 'config.issuer', message: expect.stringContaining('cannot be asked') as string })
  })
})

describe('stops the start', () => {
  const asked = { ...ISSUER!, introspection: ENDPOINT }
  const other = { ...asked, url: 'https://other.test', introspection: 'https://other.test/introspect' }
  const start = (issuers: typeof SLICE.issuers, introspection: Record<string, IntrospectionCredentials>) => () => sample({ introspection, change: { issuers } })
  const cases: readonly (readonly [what: string, code: string, start: () => unknown])[] = [
    ['credentials that are missing', 'config.introspection-credentials', start([asked], {})],
    ['credentials for an issuer that is not declared', 'config.introspection-issuer', start([ISSUER!], { 'https://evil.test': CREDENTIALS })],
    ['credentials for an issuer that is not asked', 'config.introspection-issuer', start([ISSUER!], { 'https://id.test': CREDENTIALS })],
    ['two issuers of opaque tokens', 'config.introspection-two', start([asked, other], { 'https://id.test': CREDENTIALS, 'https://other.test': CREDENTIALS })],
  ]
  for (const [what, code, begin] of cases) test(what, () => expect(begin).toThrow(expect.objectContaining({ code }) as Error))

  test('but not two of which one is asked about JWTs only', () => {
    expect(start([asked, { ...other, introspects: ['jwt'] }], { 'https://id.test': CREDENTIALS, 'https://other.test': CREDENTIALS })).not.toThrow()
  })
  test('and not a later slice that leaves out an issuer, whose secret is still there', () => {
    const chain = chainThatAsks()
    expect(() => chain.verifier.reload({ slice: SLICE, digest: 'next' })).not.toThrow()
  })
})

test('neither token nor secret is in a receipt or refusal', async () => {
  const chain = chainThatAsks()
  await chain.ask('opaque-1')
  chain.active.clear()
  chain.time.now += 1
  const rawHeaders = ['Authorization', 'DPoP opaque-1', 'DPoP', chain.proof('opaque-1')]
  const denied = await chain.verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }))
  const written = JSON.stringify([chain.receipts, chain.verifier.refusal(denied as never)])
  for (const secret of ['opaque-1', 's3cret']) expect(written).not.toContain(secret)
})
