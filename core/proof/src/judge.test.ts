import { createKeyPair } from './create-key-pair.js'
import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { JWT_CHECKS, PROOF_CHECKS, TOKEN_CHECKS } from './checks.js'
import { CODES, type Code } from './codes.js'
import { signCompact } from './compact-jws.js'
import { explain } from './explain.js'
import {
  askedAside,
  ATTESTED,
  attestedBy,
  CERTIFICATE,
  honest,
  ISSUER_KEYS,
  issuing,
  JKT,
  KEYS,
  NO_HOP,
  NOW,
  POLICY,
  proofWith,
  publicJwk,
  ROUTE,
  TOKEN,
  tokenWith,
  verdictOf,
  withFields,
  X5T,
} from './honest.testkit.js'
import { thumbprintOf } from './proof-key.js'
import { examine, judge, proceed, settle } from './judge.js'
import { createMemo } from './memo.js'
import type { Evidence } from './evidence.js'
import type { Policy } from './policy.js'
import { sha256 } from './thumbprint.js'

type Spoiled = readonly [code: Code, what: string, evidence: Evidence, policy?: Policy]

/** The proof for another token, key and header than the honest ones. */
const withToken = (token: string, scheme = 'DPoP'): Evidence => honest({ authorization: [`${scheme} ${token}`], dpop: [proofWith({ ath: sha256(token) })] })
const bearer = (claims: Record<string, unknown> = {}): Evidence =>
  honest({ authorization: [`Bearer ${tokenWith({ client_id: 'billco', cnf: undefined, ...claims })}`], dpop: [] })
const certified = (claims: Record<string, unknown>, changes: Partial<Evidence> = {}): Evidence =>
  honest({ authorization: [`Bearer ${tokenWith({ cnf: { 'x5t#S256': X5T }, ...claims })}`], dpop: [], ...changes })

const WAIVER = {
  id: 'W-7',
  client: 'billco',
  from: NOW - 100,
  until: NOW + 100,
  routes: new Set(['/orders/**']),
  audiences: new Set<string>(),
  maxLifetime: 300,
}
const WAIVED: Policy = { ...POLICY, waivers: [WAIVER] }
const NONCED: Policy = { ...POLICY, nonce: { timeOf: (nonce) => (nonce === 'good' ? NOW - 3 : undefined), maxAge: 60 } }
const RSA = createKeyPair('rsa', { modulusLength: 2048 })
const thiefProof = () => proofWith({}, { jwk: publicJwk(KEYS.thief.publicKey) }, KEYS.thief.privateKey)
const rawProof = (header: unknown, claims: unknown) => {
  const input = [header, claims].map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key: KEYS.owner.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const HEADER = `{"typ":"dpop+jwt","alg":"ES256","jwk":${JSON.stringify(publicJwk(KEYS.owner.publicKey))}}`

const NO_POINT = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
const provenBy = (jwk: Record<string, unknown>, jkt: string): Evidence => {
  const token = tokenWith({ cnf: { jkt } })
  return honest({ authorization: [`DPoP ${token}`], dpop: [proofWith({ ath: sha256(token) }, { jwk })] })
}

const SPOILED: readonly Spoiled[] = [
  ['request.uncredentialed', 'no Authorization', honest({ authorization: [] })],
  ['request.authorization', 'two Authorization fields', honest({ authorization: [`DPoP ${TOKEN}`, `Bearer ${TOKEN}`] })],
  ['request.authorization', 'two credentials in one field', honest({ authorization: [`DPoP ${TOKEN}, Bearer ${TOKEN}`] })],
  ['request.authorization', 'two spaces', honest({ authorization: [`DPoP  ${TOKEN}`] })],
  ['request.scheme', 'Basic', honest({ authorization: ['Basic YTpi'] })],
  ['request.target', 'absolute form', honest({ target: 'http://api.test/orders/1' })],
  ['request.target', 'two leading slashes', honest({ target: '//orders/1' })],
  ['request.target', 'dot segments', honest({ target: '/orders/../orders/1' })],
  ['request.target', 'escaped dot segments', honest({ target: '/orders/%2e%2E/orders/1' })],
  ['request.target', 'dot segment behind an escaped slash', honest({ target: '/orders/..%2fadmin' })],
  ['request.target', 'backslash', honest({ target: '/orders/\\1' })],
  ['request.target', 'backslash in the query', honest({ target: '/orders/1?a=\\' })],
  ['request.target', 'space in the query', honest({ target: '/orders/1?a= b' })],
  ['request.target', 'unfinished escape in the query', honest({ target: '/orders/1?a=%4' })],
  ['request.target', 'escaped NUL', honest({ target: '/orders/1%00' })],
  ['request.early-data', 'early data', honest({ earlyData: true })],
  ['request.trailer', 'security field in the trailers', honest({ trailers: true })],
  ['request.content-digest', 'no digest on a covered route', honest({ contentSha256: 'x' }), { ...POLICY, routes: [{ ...ROUTE, body: 'covered' }] }],
  ['route.undeclared', 'another path', honest({ target: '/admin' })],
  ['proof.missing', 'no proof', honest({ dpop: [] })],
  ['proof.repeated', 'two proofs', honest({ dpop: [proofWith(), proofWith()] })],
  ['proof.malformed', 'two proofs in one field', honest({ dpop: [`${proofWith()}, ${proofWith()}`] })],
  ['proof.malformed', 'padding', honest({ dpop: [`${proofWith()}=`] })],
  ['proof.malformed', 'a member named twice', honest({ dpop: [rawProof(HEADER, '{"htm":"GET","htm":"POST"}')] })],
  ['proof.malformed', 'not UTF-8', honest({ dpop: [`${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30.AA`] })],
  ['proof.malformed', 'over the size limit', honest({ dpop: [proofWith({ pad: 'x'.repeat(8_192) })] })],
  [
    'proof.malformed',
    'more members than any proof has',
    honest({ dpop: [proofWith({ pad: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, 1])) })] }),
  ],
  ['proof.incomplete', 'no htm', honest({ dpop: [proofWith({ htm: undefined })] })],
  ['proof.incomplete', 'iat as text', honest({ dpop: [proofWith({ iat: String(NOW) })] })],
  ['proof.jti', 'empty jti', honest({ dpop: [proofWith({ jti: '' })] })],
  ['proof.jti', 'jti one too long', honest({ dpop: [proofWith({ jti: 'x'.repeat(513) })] })],
  ['proof.typ', 'no typ', honest({ dpop: [proofWith({}, { typ: undefined })] })],
  ['proof.typ', 'typ JWT', honest({ dpop: [proofWith({}, { typ: 'JWT' })] })],
  [
    'proof.alg',
    'alg none',
    honest({
      dpop: [
        rawProof(
          { typ: 'dpop+jwt', alg: 'none', jwk: publicJwk(KEYS.owner.publicKey) },
          JSON.parse(Buffer.from(proofWith().split('.')[1]!, 'base64url').toString()),
        ),
      ],
    }),
  ],
  ['proof.critical', 'crit', honest({ dpop: [proofWith({}, { crit: ['x'], x: 1 })] })],
  [
    'proof.key',
    'a point that is not on the curve, though the token is bound to it',
    provenBy(NO_POINT, sha256(`{"crv":"P-256","kty":"EC","x":"${NO_POINT.x}","y":"${NO_POINT.y}"}`)),
  ],
  ...['jku', 'x5u', 'x5c'].flatMap((member): Spoiled[] => [
    ['proof.key-reference', member, honest({ dpop: [proofWith({}, { [member]: 'https://evil.test/keys' })] })],
    ['token.key-reference', member, withToken(tokenWith({}, { [member]: 'https://evil.test/keys' }))],
  ]),
  ['token.key-reference', 'a key that the token brings', withToken(tokenWith({}, { jwk: publicJwk(KEYS.thief.publicKey) }))],
  ['proof.key', 'a key for another algorithm', honest({ dpop: [proofWith({}, { jwk: { ...publicJwk(KEYS.owner.publicKey), alg: 'ES384' } })] })],
  [
    'proof.key',
    'a key of another kind than the algorithm',
    honest({
      dpop: [
        rawProof(
          { typ: 'dpop+jwt', alg: 'EdDSA', jwk: publicJwk(KEYS.owner.publicKey) },
          JSON.parse(Buffer.from(proofWith().split('.')[1]!, 'base64url').toString()),
        ),
      ],
    }),
  ],
  ['proof.private-key', 'jwk with d', honest({ dpop: [proofWith({}, { jwk: { ...publicJwk(KEYS.owner.publicKey), d: 'AAAA' } })] })],
  ['proof.private-key', 'symmetric jwk', honest({ dpop: [proofWith({}, { jwk: { kty: 'oct', k: 'AAAA' } })] })],
  ['proof.method', 'htm POST', honest({ dpop: [proofWith({ htm: 'POST' })] })],
  ['proof.method', 'htm in lower case', honest({ dpop: [proofWith({ htm: 'get' })] })],
  ['proof.target', 'another path', honest({ dpop: [proofWith({ htu: 'https://api.test/orders/2' })] })],
  ['proof.target', 'another base', honest({ dpop: [proofWith({ htu: 'https://evil.test/orders/1' })] })],
  ['proof.target', 'user information', honest({ dpop: [proofWith({ htu: 'https://u:p@api.test/orders/1' })] })],
  ['proof.stale', 'a second too old', honest({ dpop: [proofWith({ iat: NOW - 61 })] })],
  ['proof.early', 'a second too early', honest({ dpop: [proofWith({ iat: NOW + 6 })] })],
  [
    'proof.early',
    'infinitely early',
    honest({ dpop: [rawProof(HEADER, `{"jti":"j","htm":"GET","htu":"https://api.test/orders/1","iat":1e999,"ath":"${sha256(TOKEN)}"}`)] }),
  ],
  ['proof.nonce-missing', 'no nonce', honest(), NONCED],
  ['proof.nonce', 'a foreign nonce', honest({ dpop: [proofWith({ nonce: 'bad' })] }), NONCED],
  ['proof.token-hash', 'ath of another token', honest({ dpop: [proofWith({ ath: sha256('other') })] })],
  ['proof.signature', "the victim's key, signed by the thief", honest({ dpop: [proofWith({}, {}, KEYS.thief.privateKey)] })],
  ['proof.unexpected', 'a proof beside a certificate-bound token', certified({}, { certificate: CERTIFICATE, dpop: [proofWith()] })],
  ['token.opaque', 'no JWS, and nobody to ask', honest({ authorization: ['DPoP abc'] })],
  ['token.malformed', 'a JWS without the rest', honest({ authorization: [`DPoP ${TOKEN.split('.')[0]}.e30`] })],
  ['token.malformed', 'a JWS that is broken', honest({ authorization: [`DPoP ${TOKEN.split('.')[0]}.AA.AA`] })],
  ['token.encrypted', 'a JWE', honest({ authorization: ['DPoP e30..AA.AA.AA'] })],
  ['token.incomplete', 'no client_id', withToken(tokenWith({ client_id: undefined }))],
  ['token.incomplete', 'no jti', withToken(tokenWith({ jti: undefined }))],
  ['token.typ', 'an ID token', withToken(tokenWith({}, { typ: 'JWT' }))],
  ['token.typ', 'a typ that is no text', withToken(tokenWith({}, { typ: 7 }))],
  ...[{ at_hash: 'x' }, { c_hash: 'x' }, { typ: 'ID' }].map((claims): Spoiled => [
    'token.typ',
    `an ID token by ${Object.keys(claims).join()}, where access tokens are JWT`,
    withToken(tokenWith(claims, { typ: 'JWT' })),
    issuing({ typs: new Set(['jwt']) }),
  ]),
  ['token.alg', 'RS256 where the issuer is not declared with it', withToken(tokenWith({}, { alg: 'RS256' }, RSA.privateKey))],
  ['token.critical', 'crit', withToken(tokenWith({}, { crit: ['x'] }))],
  ['token.issuer', 'another issuer', withToken(tokenWith({ iss: 'https://evil.test' }))],
  ['token.audience', 'another audience', withToken(tokenWith({ aud: 'https://other.test' }))],
  ['token.expired', 'expired beyond the skew', withToken(tokenWith({ exp: NOW - 5 }))],
  ['token.early', 'nbf ahead', withToken(tokenWith({ nbf: NOW + 6 }))],
  ['token.lifetime', 'a second too long', withToken(tokenWith({ iat: NOW, exp: NOW + 601 }))],
  ['token.unknown-key', 'unknown kid', withToken(tokenWith({}, { kid: 'k2' }))],
  ['token.signature', 'minted by the holder', withToken(tokenWith({}, {}, KEYS.owner.privateKey))],
  ['token.client', 'a client that may not use the route', withToken(tokenWith({ client_id: 'other' }))],
  ['token.client', 'a client of another issuer', honest(), issuing({ clients: new Set(['partner']) })],
  ['token.unbound', 'no cnf under DPoP', withToken(tokenWith({ cnf: undefined }))],
  ['token.unbound', 'no cnf under Bearer and no waiver', bearer()],
  ['token.incomplete', 'a grant that is no text', withToken(tokenWith({ sid: 7 })), issuing({ grantClaim: 'sid' })],
  ['token.confirmation', 'an unknown member beside jkt', withToken(tokenWith({ cnf: { jkt: JKT, x: 1 } }))],
  ['token.confirmation', 'unknown members alone', withToken(tokenWith({ cnf: { kid: 'k' } })), issuing({ extraConfirmation: true })],
  ...(
    [
      { jkt: '', 'x5t#S256': X5T },
      { 'x5t#S256': X5T, tbh: 'x' },
    ] as const
  ).map((cnf): Spoiled => [
    'token.confirmation',
    `${Object.keys(cnf).join()} where cnf may say more`,
    certified({ cnf }, { certificate: CERTIFICATE }),
    issuing({ extraConfirmation: true }),
  ]),
  ['token.confirmation', 'a malformed x5t#S256 beside jkt', withToken(tokenWith({ cnf: { jkt: JKT, 'x5t#S256': '' } })), issuing({ extraConfirmation: true })],
  ['token.unbound', 'under a waiver, but under DPoP', { ...bearer(), authorization: [`DPoP ${tokenWith({ client_id: 'billco', cnf: undefined })}`] }, WAIVED],
  ['proof.unexpected', 'a proof under a waiver', { ...bearer(), dpop: [proofWith()] }, WAIVED],
  [
    'token.mechanism',
    'a certificate where the route takes keys',
    certified({}, { certificate: CERTIFICATE }),
    { ...POLICY, routes: [{ ...ROUTE, bindings: new Set(['dpop']) }] },
  ],
  ['token.confirmation', 'empty cnf', withToken(tokenWith({ cnf: {} }))],
  ['token.confirmation', 'cnf with an empty jkt', withToken(tokenWith({ cnf: { jkt: '' } }))],
  ['token.confirmation', 'cnf with a list for jkt', withToken(tokenWith({ cnf: { jkt: [JKT] } }))],
  ['token.confirmation', 'cnf with unknown members only', withToken(tokenWith({ cnf: { kid: 'x' } }))],
  ['token.confirmation', 'tbh beside jkt', withToken(tokenWith({ cnf: { jkt: JKT, tbh: 'x' } }))],
  ['token.mechanism', 'a binding that the route does not take', honest(), { ...POLICY, routes: [{ ...ROUTE, bindings: new Set(['mtls']) }] }],
  ['token.scheme', 'key-bound as Bearer', honest({ authorization: [`Bearer ${TOKEN}`], dpop: [] })],
  ['token.scheme', 'key-bound as Bearer, with its proof', honest({ authorization: [`Bearer ${TOKEN}`] })],
  ['token.other-key', "the thief's own key", honest({ dpop: [thiefProof()] })],
  ['token.no-certificate', 'certificate-bound without one', certified({})],
  ['token.other-certificate', 'certificate-bound with another', certified({}, { certificate: Buffer.from('other') })],
  [
    'token.other-certificate',
    'dual-bound with the key alone',
    honest({ ...withToken(tokenWith({ cnf: { jkt: JKT, 'x5t#S256': X5T } })), certificate: Buffer.from('other') }),
  ],
  ['waiver.expired', 'the first second after the end', bearer(), { ...WAIVED, waivers: [{ ...WAIVER, until: NOW }] }],
  ['waiver.expired', 'the last second before the start', bearer(), { ...WAIVED, waivers: [{ ...WAIVER, from: NOW + 1 }] }],
  ['waiver.scope', 'another route', bearer(), { ...WAIVED, waivers: [{ ...WAIVER, routes: new Set(['/bills/**']) }] }],
  [
    'waiver.scope',
    "an audience of the token's that is not the route's",
    bearer({ aud: ['https://api.test', 'https://other.test'] }),
    { ...WAIVED, waivers: [{ ...WAIVER, routes: new Set<string>(), audiences: new Set(['https://other.test']) }] },
  ],
  ['waiver.lifetime', 'a second above the ceiling', bearer({ iat: NOW, exp: NOW + 301 }), WAIVED],
  [
    'waiver.network',
    'outside the networks',
    { ...bearer(), peer: '203.0.113.9' },
    { ...WAIVED, waivers: [{ ...WAIVER, networks: { has: (address) => address === '192.0.2.1' } }] },
  ],
  [
    'waiver.network',
    'behind a hop that passes through, whose address is no network of the waiver',
    { ...bearer(), peer: '10.0.0.1' },
    {
      ...WAIVED,
      routes: [{ ...ROUTE, mode: 'passthrough', via: [['edge']] }],
      waivers: [{ ...WAIVER, networks: { has: (address) => address === '192.0.2.1' } }],
    },
  ],
  ['path.stray', 'a certificate field on a direct route', honest({ hop: { ...NO_HOP, clientCert: [':AAAA:'] } })],
  ['path.stray', 'an alias of it', honest({ hop: { ...NO_HOP, aliases: ['x-ssl-client-cert'] } })],
  ['path.unattested', 'nothing attested on an attested route', honest(), ATTESTED],
]

test('the grant is told by its hash', () => {
  const judged = judge(withToken(tokenWith({ sid: 'grant-1' })), issuing({ grantClaim: 'sid' }), ISSUER_KEYS)
  expect(judged).toMatchObject({ verdict: 'pending', proven: { grantId: sha256('grant-1') } })
})

test('the honest request is allowed, and tells what it proved', () => {
  const judged = judge(honest(), POLICY, ISSUER_KEYS)
  expect(judged.verdict).toBe('pending')
  if (judged.verdict !== 'pending') return
  expect(judged.proven).toMatchObject({ client: 'shop', binding: 'dpop', jkt: JKT, route: '/orders/**', path: [], tokenId: sha256('token-1') })
  expect(settle(judged, ['fresh']).verdict).toBe('allow')
})

describe('one spoiled member, one code', () => {
  for (const [code, what, evidence, policy] of SPOILED) {
    test(`${code}: ${what}`, () => {
      expect(verdictOf(evidence, policy)).toBe(code)
      expect(explain(evidence, policy ?? POLICY, ISSUER_KEYS)).toContain(code)
    })
  }
})

describe('every row of the tables is needed: without it, or turned round, a sample is judged otherwise', () => {
  const verdicts = () => [verdictOf(honest()), ...SPOILED.map(([, , evidence, policy]) => verdictOf(evidence, policy))].join()
  for (const table of [PROOF_CHECKS, JWT_CHECKS, TOKEN_CHECKS] as unknown as { code: Code; holds: (...of: never[]) => boolean }[][]) {
    for (const [index, row] of [...table].entries()) {
      test(row.code, () => {
        const sound = verdicts()
        table.splice(index, 1)
        const without = verdicts()
        table.splice(index, 0, { ...row, holds: (...of) => !row.holds(...of) })
        const inverted = verdicts()
        table.splice(index, 1, row)
        expect([without === sound, inverted === sound, verdicts() === sound]).toEqual([false, false, true])
      })
    }
  }
})

const NEIGHBOURS: readonly (readonly [what: string, evidence: Evidence, policy?: Policy])[] = [
  ['scheme in another case', honest({ authorization: [`dpop ${TOKEN}`] })],
  ['htu spelled otherwise', honest({ dpop: [proofWith({ htu: 'HTTPS://API.test:443/orders/%31' })] })],
  ['htu with query and fragment, which do not count', honest({ dpop: [proofWith({ htu: 'https://api.test/orders/1?page=3#x' })] })],
  ['a key that names its algorithm', honest({ dpop: [proofWith({}, { jwk: { ...publicJwk(KEYS.owner.publicKey), alg: 'ES256', use: 'sig' } })] })],
  ['iat at the edge of age', honest({ dpop: [proofWith({ iat: NOW - 60 })] })],
  ['iat at the edge of skew', honest({ dpop: [proofWith({ iat: NOW + 5 })] })],
  ['exp within the skew', withToken(tokenWith({ exp: NOW - 4 }))],
  ['the longest jti', honest({ dpop: [proofWith({ jti: 'x'.repeat(512) })] })],
  ['the longest lifetime', withToken(tokenWith({ iat: NOW, exp: NOW + 600 }))],
  ['typ JWT, where the issuer is declared with it', withToken(tokenWith({ typ: 'Bearer' }, { typ: 'JWT' })), issuing({ typs: new Set(['jwt']) })],
  ['a token without scope', withToken(tokenWith({ scope: undefined }))],
  ['nbf within the skew', withToken(tokenWith({ nbf: NOW + 5 }))],
  ['no typ, where the issuer is declared with none', withToken(tokenWith({}, { typ: undefined })), issuing({ typs: new Set(['']) })],
  ['application/at+jwt', withToken(tokenWith({}, { typ: 'application/AT+JWT' }))],
  ['an unknown member beside jkt, where the issuer may add some', withToken(tokenWith({ cnf: { jkt: JKT, x: 1 } })), issuing({ extraConfirmation: true })],
  ['a token without the grant that its issuer may name', honest(), issuing({ grantClaim: 'sid' })],
  ['certificate-bound under Bearer', certified({}, { certificate: CERTIFICATE })],
  ['dual-bound with both', { ...withToken(tokenWith({ cnf: { jkt: JKT, 'x5t#S256': X5T } })), certificate: CERTIFICATE }],
  ['a query as browsers spell it', honest({ target: '/orders/1?filter[state]=open|late&q={a}^`' })],
  ['bearer in the first second of its waiver', bearer(), { ...WAIVED, waivers: [{ ...WAIVER, from: NOW }] }],
  ['bearer in the last second of its waiver', bearer(), { ...WAIVED, waivers: [{ ...WAIVER, until: NOW + 1 }] }],
  [
    "bearer under a waiver for the route's audience",
    bearer({ aud: ['https://api.test', 'https://other.test'] }),
    { ...WAIVED, waivers: [{ ...WAIVER, routes: new Set<string>(), audiences: new Set(['https://api.test']) }] },
  ],
  ['a good nonce', honest({ dpop: [proofWith({ nonce: 'good' })] }), NONCED],
  [
    'the base with a path',
    { ...honest({ dpop: [proofWith({ htu: 'https://api.test/v1/orders/1' })] }) },
    { ...POLICY, bases: ['https://api.test/v1' as never] },
  ],
]

describe('just inside the limits', () => {
  for (const [what, evidence, policy] of NEIGHBOURS) test(what, () => expect(verdictOf(evidence, policy)).toBe('allow'))
})

test('an Ed25519 key proves as well', () => {
  const { privateKey, publicKey } = createKeyPair('ed25519')
  const { kty, crv, x } = publicKey.export({ format: 'jwk' })
  const token = tokenWith({ cnf: { jkt: thumbprintOf(publicKey) } })
  const proof = signCompact(
    { typ: 'dpop+jwt', jwk: { kty, crv, x } },
    { jti: 'j', htm: 'GET', htu: 'https://api.test/orders/1', iat: NOW, ath: sha256(token) },
    privateKey,
  )
  expect(verdictOf(honest({ authorization: [`DPoP ${token}`], dpop: [proof] }))).toBe('allow')
})

describe('settle', () => {
  const pending = judge(honest(), POLICY, ISSUER_KEYS)
  if (pending.verdict !== 'pending') throw new Error('the honest sample is refused')
  for (const [answer, code] of [
    ['spent', 'proof.replayed'],
    ['forgotten', 'replay.forgotten'],
    ['full', 'replay.full'],
    ['limit', 'replay.limit'],
    ['unavailable', 'replay.unavailable'],
  ] as const) {
    test(`${answer} is ${code}`, () => expect(settle(pending, [answer])).toMatchObject({ verdict: 'deny', code, fault: CODES[code].fault }))
  }
  test('no answer is no permission', () => expect(settle(pending, [])).toMatchObject({ code: 'replay.unavailable' }))
  test('a proof is remembered as long as it could be used', () => expect(pending.spends[0]?.until).toBe(NOW + 60 + 5))
  test('a proof from the future is remembered longer', () => {
    const early = judge(honest({ dpop: [proofWith({ iat: NOW + 5 })] }), POLICY, ISSUER_KEYS)
    expect(early.verdict === 'pending' && early.spends[0]?.until).toBe(NOW + 70)
  })
  test('it could have been used since its earliest time, and not before its nonce was made', () => {
    const since = (iat: number, policy: Policy) => {
      const judged = judge(honest({ dpop: [proofWith({ nonce: 'good', iat })] }), policy, ISSUER_KEYS)
      return judged.verdict === 'pending' && judged.spends[0]?.from
    }
    expect([since(NOW, POLICY), since(NOW, NONCED), since(NOW + 5, NONCED)]).toEqual([NOW - 5, NOW - 3, NOW])
  })
  test('only the replay authority spends', () => {
    const judged = judge(honest(), { ...POLICY, spends: false }, ISSUER_KEYS)
    expect(judged.verdict === 'pending' && judged.spends).toEqual([])
  })
})

test('what is not verified yet cannot be settled, and goes on only by its signature', () => {
  const step = examine(honest(), POLICY, ISSUER_KEYS)
  if (step.verdict !== 'unverified') throw new Error('the honest sample has no signature')
  // @ts-expect-error Its signature was not verified.
  expect(() => settle(step, ['fresh'])).toThrow(TypeError)
  expect(proceed(step, false)).toMatchObject({ code: 'token.signature' })
  const next = proceed(step, true)
  expect(next.verdict === 'unverified' && proceed(next, false)).toMatchObject({ code: 'proof.signature' })
  expect(next.verdict === 'unverified' && proceed(next, true)).toMatchObject({ verdict: 'pending' })
  expect(JSON.stringify([step, next])).not.toContain('pending')
})

test('a memo saves work and changes no answer', () => {
  const memo = createMemo(2)
  const other = tokenWith({ jti: 'token-2' })
  for (const evidence of [honest(), withToken(other), honest(), honest({ dpop: [thiefProof()] }), withToken(`${TOKEN}A`)]) {
    expect(judge(evidence, POLICY, ISSUER_KEYS, memo).verdict).toBe(judge(evidence, POLICY, ISSUER_KEYS).verdict)
  }
  expect([memo.tokens.size, memo.keys.size]).toEqual([2, 1])
  const rotated = { find: () => KEYS.thief.publicKey }
  expect(judge(honest(), POLICY, rotated, memo)).toMatchObject({ code: 'token.signature' })
})

test('an attested request is allowed and names its path', () => {
  const evidence = honest()
  const judged = judge(withFields(evidence, attestedBy('edge', evidence)), ATTESTED, ISSUER_KEYS)
  expect(judged).toMatchObject({ verdict: 'pending', proven: { path: ['edge'] } })
  expect(judged.verdict === 'pending' && judged.spends.map(({ spent }) => spent)).toEqual(['attestation.replayed', 'proof.replayed'])
})

test('all of it the same with signatures verified on other threads', async () => {
  const { here, aside } = await askedAside()
  expect(here.length).toBeGreaterThan(150)
  expect(aside).toEqual(here)
})
