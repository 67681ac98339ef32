import fc from 'fast-check'
import { honest, issuing, JKT, KEYS, POLICY, proofWith, publicJwk, tokenWith, verdictOf } from './honest.testkit.js'
import { findingOf, type Campaign } from './hostile.testkit.js'
import { ALGS, ORACLES, type Asked } from './oracles.testkit.js'
import type { Policy } from './policy.js'
import { sha256 } from './thumbprint.js'

/**
 * Requests that are signed by those who should sign them, whatever they say: the engine beside other verifiers.
 * Whoever of them refuses what we accept has found a fault, unless a row of `EXPLAINED` says why not.
 */

type Part = Readonly<Record<string, unknown>>
/** What is put into the honest request before it is signed. Times count from now: oracles have clocks of their own. */
type Spoiled = {
  readonly scheme: 'DPoP' | 'Bearer'
  readonly claims: Part
  readonly header: Part
  readonly tokenClaims: Part
  readonly tokenHeader: Part
  readonly hasProof: boolean
}

const HONEST: Spoiled = { scheme: 'DPoP', claims: {}, header: {}, tokenClaims: {}, tokenHeader: {}, hasProof: true }

type Explanation = { readonly oracle: string; readonly why: string; readonly applies: (spoiled: Spoiled) => boolean; readonly example: Spoiled }

/** Why an oracle may refuse what we accept, with a request of which it does. */
export const EXPLAINED: readonly Explanation[] = [
  {
    oracle: 'jose, oauth4webapi, express-oauth2-jwt-bearer',
    why: 'they read exp and nbf in any JWT; in a proof these mean nothing (RFC 9449 §4.2)',
    applies: ({ claims }) => 'exp' in claims || 'nbf' in claims,
    example: { ...HONEST, claims: { exp: 1 } },
  },
  {
    oracle: 'oauth4webapi',
    why: 'it compares as WHATWG URLs, which keep needless escapes; to RFC 3986 §6.2.2.2, to which RFC 9449 §4.3 points, %31 is 1',
    applies: ({ claims }) => String(claims['htu']).includes('%31'),
    example: { ...HONEST, claims: { htu: 'https://api.test/orders/%31' } },
  },
]

/** A time so many seconds from now, made at the moment of signing. */
class Offset {
  readonly seconds: number
  constructor(seconds: number) {
    this.seconds = seconds
  }
  [fc.toStringMethod](): string {
    return `now${this.seconds < 0 ? '' : '+'}${this.seconds}`
  }
}
const at = (...seconds: readonly number[]) => fc.constantFrom(...seconds.map((one) => new Offset(one)))
const resolved = (part: Part, now: number): Part =>
  Object.fromEntries(Object.entries(part).map(([name, value]) => [name, value instanceof Offset ? now + value.seconds : value]))

const odd = fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, 1e300, 0.5, '', 'x', '\u00e9', [], {}, ['x'], { a: 1 }), fc.string({ maxLength: 5 }))
const uris = [
  'https://api.test/orders/1',
  'HTTPS://API.TEST:443/orders/1',
  'https://api.test/orders/%31',
  'https://api.test/orders/1?page=2#x',
  'https://api.test//orders/1',
  'https://api.test/orders/1/',
  'http://api.test/orders/1',
  'https://api.test/a/../orders/1',
  'https://api.test./orders/1',
  'https://u@api.test/orders/1',
  '/orders/1',
  'https://api.test/orders/2',
] as const
const some = <K extends string>(parts: Readonly<Record<K, fc.Arbitrary<unknown>>>): fc.Arbitrary<Part> =>
  fc
    .tuple(fc.record(parts, { requiredKeys: [] }), fc.subarray(Object.keys(parts), { maxLength: 1 }))
    .map(([all, kept]) => Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name))))

const spoiled: fc.Arbitrary<Spoiled> = fc.record({
  scheme: fc.constantFrom('DPoP', 'DPoP', 'DPoP', 'Bearer'),
  hasProof: fc.constantFrom(true, true, true, true, false),
  claims: some({
    iat: fc.oneof(at(0, -30, 4, 61, -61, -3_600, 3_600), odd),
    htm: fc.oneof(fc.constantFrom('GET', 'get', 'Get', 'POST', ' GET'), odd),
    htu: fc.oneof(fc.constantFrom(...uris), odd),
    jti: odd,
    ath: fc.oneof(fc.constantFrom(sha256('other'), sha256('other').toUpperCase()), odd),
    nonce: odd,
    exp: at(-60, 60),
    nbf: at(-60, 60),
    extra: odd,
  }),
  header: some({
    typ: fc.oneof(fc.constantFrom('dpop+jwt', 'DPOP+JWT', 'application/dpop+jwt', 'JWT', 'at+jwt'), odd),
    jwk: fc.oneof(
      fc.constantFrom<Part>(
        { ...publicJwk(KEYS.owner.publicKey), use: 'sig' },
        { ...publicJwk(KEYS.owner.publicKey), use: 'enc' },
        { ...publicJwk(KEYS.owner.publicKey), key_ops: ['sign'] },
      ),
      fc.constantFrom<Part>(
        { ...publicJwk(KEYS.owner.publicKey), alg: 'ES384' },
        { ...publicJwk(KEYS.owner.publicKey), kid: 'k', extra: 1 },
        publicJwk(KEYS.thief.publicKey),
      ),
      odd,
    ),
    kid: odd,
    crit: fc.constantFrom<unknown>([], ['b64'], ['exp'], 'x'),
    b64: fc.constantFrom(true, false),
    jku: odd,
    x5c: odd,
  }),
  tokenClaims: some({
    iss: fc.oneof(fc.constantFrom('https://id.test', 'https://id.test/', 'https://evil.test'), odd),
    aud: fc.oneof(fc.constantFrom<unknown>('https://api.test', ['https://api.test'], ['https://other.test', 'https://api.test'], 'https://other.test'), odd),
    exp: fc.oneof(at(240, 1, -1, -60, 500), odd),
    iat: fc.oneof(at(-60, 0, 4, 60), odd),
    nbf: fc.oneof(at(-60, 60), odd),
    sub: odd,
    jti: odd,
    client_id: fc.oneof(fc.constantFrom('shop', 'billco'), odd),
    scope: odd,
    cnf: fc.oneof(
      fc.constantFrom<unknown>({ jkt: JKT }, { jkt: JKT, x: 1 }, { 'x5t#S256': JKT }, { jkt: JKT, 'x5t#S256': JKT }, { jkt: [JKT] }, {}, { kid: 'k' }),
      odd,
    ),
  }),
  tokenHeader: some({
    typ: fc.oneof(fc.constantFrom('at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', 'dpop+jwt'), odd),
    kid: fc.oneof(fc.constantFrom('k1', 'k2'), odd),
    crit: fc.constantFrom<unknown>([], ['b64'], 'x'),
    b64: fc.constantFrom(true, false),
    jwk: fc.constant(publicJwk(KEYS.thief.publicKey)),
  }),
})

const ACCEPTING: Policy = issuing({}, { ...POLICY, proofAlgs: new Set(ALGS) })

function asked({ scheme, claims, header, tokenClaims, tokenHeader, hasProof }: Spoiled, now: number): Asked {
  const token = tokenWith({ iat: now - 60, exp: now + 240, ...resolved(tokenClaims, now) }, tokenHeader)
  return hasProof ? { scheme, token, proof: proofWith({ iat: now, ath: sha256(token), ...resolved(claims, now) }, header) } : { scheme, token }
}

/** Resolves the names of those who refuse what we accept, where nothing explains it. */
export async function doubters(one: Spoiled, explained = EXPLAINED): Promise<readonly string[]> {
  const now = Math.floor(Date.now() / 1_000)
  const request = asked(one, now)
  const { scheme, token, proof } = request
  const evidence = honest({ now, authorization: [`${scheme} ${token}`], dpop: proof === undefined ? [] : [proof] })
  if (verdictOf(evidence, ACCEPTING) !== 'allow') return []
  const verdicts = await Promise.all(ORACLES.map(async ({ name, accepts }) => ({ name, accepts: await accepts(request) })))
  return verdicts
    .filter(({ name, accepts }) => !accepts && !explained.some(({ oracle, applies }) => oracle.includes(name) && applies(one)))
    .map(({ name }) => name)
}

export const differential: Campaign = {
  name: 'signed by the right ones, beside other verifiers',
  share: 1,
  async run(numRuns, seed) {
    const property = fc.asyncProperty(spoiled, async (one) => {
      const names = await doubters(one)
      if (names.length > 0) throw new Error(`accepted, and refused by ${names.join(', ')}`)
    })
    return findingOf(this.name, await fc.check(property, { numRuns, seed }))
  },
}

/** The honest request, as the oracles see it: all must accept it, or their refusals mean nothing. */
export const honestlyAsked = (): Asked => asked(HONEST, Math.floor(Date.now() / 1_000))
