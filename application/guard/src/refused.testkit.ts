import { createHash, randomBytes } from 'node:crypto'
import { attest, type AttestationFields, type AttestRequest, type Code, createKeyPair, signCompact, thumbprintOf } from '@everyhop/proof'
import { createMemoryRevocationStore, createMemoryReplayStore, type Fetch } from '@everyhop/verifier'
import type { GuardOptions } from './guard-options.js'
import { BASE, boundToCertificate, certificateOf, CLIENT, ISSUER, jwkOf, JWKS, now, pair, proof, routed, SERVER, SLICE, token } from './guard.testkit.js'

/** One request that is refused with its code, and the guard that refuses it. */
export type Refused = {
  readonly slice?: typeof SLICE
  readonly given?: Partial<GuardOptions> | (() => Partial<GuardOptions>)
  /** Field lines. */
  readonly fields?: () => readonly string[]
  readonly target?: string
  readonly method?: string
  readonly content?: string
  /** How often it is sent: the last answer counts. */
  readonly times?: number
}

/** What the guard is given for it beside the slice: anew each time. */
export const givenFor = ({ given = {} }: Refused): Partial<GuardOptions> => (typeof given === 'function' ? given() : given)

const CLAIMS = { jti: 'canary-of-the-token-identifier', sub: 'canary-of-the-subject-of-the-token', note: 'canary-of-a-claim-of-the-token' }
const ID = 'canary-of-the-proof-identifier'
/** Proofs of one second must differ all the same. */
let made = 0
const jti = () => `${ID}-${(made += 1)}`

export const STRANGER = pair()
export const HOP = createKeyPair('ed25519')
export const CLIENT_SECRET = `canary-client-secret-${randomBytes(24).toString('base64url')}`
export const NONCE_SECRET = randomBytes(32)
export const OPAQUE = `canary-opaque-token-${randomBytes(24).toString('base64url')}`
/** Texts that no answer may repeat. */
export const HIDDEN: readonly string[] = [...Object.values(CLAIMS), ID]

const given = (claims: object = {}) => token({ ...CLAIMS, ...claims })
const lines = (of: string, claims: object = {}): readonly string[] => [`Authorization: DPoP ${of}`, `DPoP: ${proof(of, { jti: jti(), ...claims })}`]
export const honestLines = (): readonly string[] => lines(given())

const tokenOf = (claims: object) => ({ fields: () => lines(given(claims)) })
const proofOf = (claims: object) => ({ fields: () => lines(given(), claims) })
/** A proof whose header or signing key is another. */
const proofBy = (header: object, key = CLIENT.privateKey, jwk: object = jwkOf(CLIENT.publicKey)) => ({
  fields: () => {
    const of = given()
    const claims = { jti: jti(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: createHash('sha256').update(of).digest('base64url') }
    return [`Authorization: DPoP ${of}`, `DPoP: ${signCompact({ typ: 'dpop+jwt', jwk, ...header }, claims, key)}`]
  },
})
const tokenBy = (header: object, key = ISSUER.privateKey) => ({
  fields: () => {
    const claims = {
      iss: 'https://id.test',
      aud: BASE,
      client_id: 'shop',
      iat: now(),
      exp: now() + 300,
      cnf: { jkt: thumbprintOf(CLIENT.publicKey) },
      ...CLAIMS,
    }
    return lines(signCompact({ typ: 'at+jwt', kid: 'k1', ...header }, claims, key))
  },
})
const bare = (of: string, ...more: readonly string[]) => [`Authorization: Bearer ${of}`, ...more]

const WAIVER: (typeof SLICE)['waivers'][number] = {
  id: 'W-7',
  clients: ['shop'],
  routes: ['/orders/**'],
  audiences: [],
  start: 0,
  end: 9_999_999_999,
  tokenLifetime: 600,
  networks: [],
}
const waived = (change: Partial<typeof WAIVER>, claims: object = {}): Refused => ({
  slice: { ...SLICE, waivers: [{ ...WAIVER, ...change }] },
  fields: () => bare(given({ cnf: undefined, ...claims })),
})

/** A replay store that answers, or fails, as told. */
const spending = (spend: () => unknown): Partial<GuardOptions> => ({
  replay: { ...createMemoryReplayStore({ since: 'always' }), spend: async () => (await spend()) as never },
})

const ASKED: typeof SLICE = { ...SLICE, issuers: [{ ...SLICE.issuers[0]!, introspection: 'https://id.test/introspect' }] }
const introspected = (answer: () => unknown): Refused => ({
  slice: ASKED,
  given: {
    introspection: { 'https://id.test': { method: 'client_secret_post', clientId: 'orders', clientSecret: CLIENT_SECRET } },
    fetch: (async (url: string) => ({
      ok: true,
      status: 200,
      body: [Buffer.from(url.endsWith('jwks') ? JWKS : JSON.stringify(await answer()))],
    })) as unknown as Fetch,
  },
  fields: () => lines(OPAQUE),
})

const ATTESTED: typeof SLICE = {
  ...routed({ mode: 'attested', via: [['edge']] }),
  neighbours: [{ hop: 'edge', keys: [jwkOf(HOP.publicKey)] }],
}
/** What the hop before sends; `edit` changes its fields, `changes` what it signs. */
const attested = (changes: Partial<AttestRequest> = {}, edit: (fields: AttestationFields) => Partial<AttestationFields> = () => ({})): Refused => ({
  slice: ATTESTED,
  fields: () => {
    const of = given()
    const sent = lines(of)
    const fields = attest({
      hop: 'edge',
      statement: { method: 'GET', target: `${BASE}/orders/1`, binding: 'dpop', jkt: thumbprintOf(CLIENT.publicKey) },
      fields: { authorization: `DPoP ${of}`, dpop: sent[1]!.slice('DPoP: '.length) },
      message: { method: 'GET', authority: SLICE.authority, path: '/orders/1', query: '?' },
      now: now(),
      lifetime: 10,
      nonces: [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')],
      key: HOP.privateKey,
      keyid: thumbprintOf(HOP.publicKey),
      ...changes,
    })!
    const { everyhopHop, signature, signatureInput } = { ...fields, ...edit(fields) }
    return [...sent, `Everyhop-Hop: ${everyhopHop}`, `Signature: ${signature}`, `Signature-Input: ${signatureInput}`]
  },
})
const stating = (statement: object): Refused =>
  attested({ statement: { method: 'GET', target: `${BASE}/orders/1`, binding: 'dpop', jkt: thumbprintOf(CLIENT.publicKey), ...statement } })

/** Something broken tells what it was given, as drivers do. */
const telling = (what: string): never => {
  throw new Error(`${what} ${CLIENT_SECRET} ${OPAQUE} ${given()} ${honestLines().join(' ')}`)
}

/** A request for every code, or why no request is refused with it. */
export const REFUSED: Readonly<Record<Code, Refused | string>> = {
  'request.uncredentialed': { fields: () => [`DPoP: ${proof(given())}`] },
  'request.authorization': { fields: () => [...lines(given()), `Authorization: DPoP ${given()}`] },
  'request.scheme': { fields: () => [`Authorization: Basic ${given()}`] },
  'request.target': { target: `/orders/../${'canary-of-a-target'.repeat(2)}` },
  'request.early-data': { fields: () => [...lines(given()), 'Early-Data: 1'] },
  'request.trailer': { fields: () => [...lines(given()), 'Trailer: DPoP'] },
  'request.content-digest': {
    slice: routed({ body: 'covered' }),
    method: 'POST',
    content: 'canary-of-the-content-of-a-request',
    fields: () => [...lines(given(), { htm: 'POST' }), `Content-Digest: sha-256=:${createHash('sha256').digest('base64')}:`, 'Content-Length: 34'],
  },
  'request.content-too-large': {
    slice: routed({ body: 'covered' }),
    given: { maxContentBytes: 8 },
    method: 'POST',
    content: 'canary-of-the-content-of-a-request',
    fields: () => [...lines(given(), { htm: 'POST' }), `Content-Digest: sha-256=:${createHash('sha256').digest('base64')}:`, 'Content-Length: 34'],
  },
  'route.undeclared': { target: '/bills/1' },

  'proof.missing': { fields: () => [`Authorization: DPoP ${given()}`] },
  'proof.repeated': { fields: () => [...lines(given()), `DPoP: ${proof(given())}`] },
  'proof.malformed': { fields: () => [`Authorization: DPoP ${given()}`, `DPoP: ${proof(given())}.more`] },
  'proof.incomplete': proofOf({ jti: 7 }),
  'proof.jti': proofOf({ jti: '' }),
  'proof.typ': proofBy({ typ: 'JWT' }),
  'proof.alg': proofBy({ jwk: jwkOf(HOP.publicKey) }, HOP.privateKey),
  'proof.critical': proofBy({ crit: ['exp'] }),
  'proof.key': proofBy({}, CLIENT.privateKey, { ...jwkOf(CLIENT.publicKey), crv: 'P-999' }),
  'proof.private-key': proofBy({}, CLIENT.privateKey, CLIENT.privateKey.export({ format: 'jwk' })),
  'proof.key-reference': proofBy({ kid: 'other', jku: 'https://evil.test/canary-of-a-header' }),
  'proof.method': proofOf({ htm: 'POST' }),
  'proof.target': proofOf({ htu: 'https://evil.test/canary-of-a-target' }),
  'proof.nonce-missing': { slice: { ...SLICE, proof: { ...SLICE.proof, nonce: 'required' } } },
  'proof.nonce': { slice: { ...SLICE, proof: { ...SLICE.proof, nonce: 'required' } }, ...proofOf({ nonce: 'canary-of-an-invented-nonce' }) },
  'proof.stale': proofOf({ iat: now() - 3_600 }),
  'proof.early': proofOf({ iat: now() + 3_600 }),
  'proof.token-hash': proofOf({ ath: 'canary-of-another-token-hash' }),
  'proof.signature': proofBy({}, STRANGER.privateKey),
  'proof.replayed': { times: 2 },
  'proof.unexpected': { fields: () => bare(boundToCertificate(CLIENT), `DPoP: ${proof(given())}`) },

  'token.malformed': { fields: () => lines(`${given()}.more`) },
  'token.opaque': { fields: () => lines(OPAQUE) },
  'token.inactive': introspected(() => ({ active: false })),
  'token.type': introspected(() => ({
    active: true,
    client_id: 'shop',
    aud: BASE,
    exp: now() + 300,
    iat: now(),
    token_type: 'Bearer',
    cnf: { jkt: thumbprintOf(CLIENT.publicKey) },
  })),
  'token.encrypted': { fields: () => lines(`${given()}.more.parts`) },
  'token.incomplete': tokenOf({ client_id: 7 }),
  'token.typ': tokenBy({ typ: 'JWT' }),
  'token.alg': tokenBy({}, HOP.privateKey),
  'token.critical': tokenBy({ crit: ['exp'] }),
  'token.key-reference': tokenBy({ jku: 'https://evil.test/canary-of-a-header' }),
  'token.issuer': tokenOf({ iss: 'https://evil.test/canary-of-an-issuer' }),
  'token.audience': tokenOf({ aud: 'https://evil.test/canary-of-an-audience' }),
  'token.expired': tokenOf({ iat: now() - 900, exp: now() - 600 }),
  'token.early': tokenOf({ nbf: now() + 600 }),
  'token.lifetime': tokenOf({ exp: now() + 86_400 }),
  'token.unknown-key': tokenBy({ kid: 'canary-of-another-key-id' }),
  'token.signature': tokenBy({}, STRANGER.privateKey),
  'token.client': tokenOf({ client_id: 'canary-of-another-client' }),
  'token.unbound': { fields: () => bare(given({ cnf: undefined })) },
  'token.confirmation': tokenOf({ cnf: { canary: 'canary-of-another-confirmation' } }),
  'token.mechanism': { slice: routed({ bindings: ['mtls'] }) },
  'token.scheme': { fields: () => bare(given()) },
  'token.other-key': proofBy({}, STRANGER.privateKey, jwkOf(STRANGER.publicKey)),
  'token.no-certificate': { slice: routed({ bindings: ['mtls'] }), fields: () => bare(boundToCertificate(CLIENT)) },
  'token.other-certificate': {
    slice: { ...ATTESTED, routes: [{ ...ATTESTED.routes[0]!, bindings: ['mtls'] }] },
    fields: () => {
      const of = boundToCertificate(CLIENT)
      const clientCert = `:${certificateOf(SERVER).toString('base64')}:`
      const fields = attest({
        hop: 'edge',
        statement: { method: 'GET', target: `${BASE}/orders/1`, binding: 'mtls' },
        fields: { authorization: `Bearer ${of}`, clientCert },
        message: { method: 'GET', authority: SLICE.authority, path: '/orders/1', query: '?' },
        now: now(),
        lifetime: 10,
        nonces: [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')],
        key: HOP.privateKey,
        keyid: thumbprintOf(HOP.publicKey),
      })!
      const { everyhopHop, signature, signatureInput } = fields
      return bare(of, `Client-Cert: ${clientCert}`, `Everyhop-Hop: ${everyhopHop}`, `Signature: ${signature}`, `Signature-Input: ${signatureInput}`)
    },
  },
  'token.actor': { slice: routed({ actors: ['edge'] }) },
  'token.revoked': {
    given: {
      revocations: {
        ...createMemoryRevocationStore(),
        changes: async () => ({
          watermark: Date.now() / 1000,
          since: 0,
          memory: 'm',
          revocations: [{ kind: 'client', id: 'shop', until: now() + 600 }],
          cursor: '1',
          more: false,
        }),
      },
    },
  },

  'waiver.expired': waived({ end: now() - 1 }),
  'waiver.scope': waived({ routes: ['/bills/**'] }),
  'waiver.lifetime': waived({ tokenLifetime: 60 }),
  'waiver.network': waived({ networks: ['192.0.2.0/24'] }),

  'path.unattested': { slice: ATTESTED },
  'path.unexpected': attested({ hop: 'proxy' }),
  'path.stray': { fields: () => [...lines(given()), `X-SSL-Client-Cert: ${certificateOf(CLIENT).toString('base64')}`] },
  'attestation.repeated': attested({}, ({ signature }) => ({ signature: `${signature}\r\nSignature: ${signature}` })),
  'attestation.malformed': attested({}, () => ({ everyhopHop: 'edge;=' })),
  'attestation.uncovered': attested({}, ({ signatureInput }) => ({ signatureInput: signatureInput.replace(' "dpop"', '') })),
  'attestation.unknown-key': attested({ key: STRANGER.privateKey, keyid: thumbprintOf(STRANGER.publicKey) }),
  'attestation.tag': attested({}, ({ signatureInput }) => ({ signatureInput: signatureInput.replace('everyhop-link', 'other-link') })),
  'attestation.stale': attested({ now: now() - 600 }),
  'attestation.early': attested({ now: now() + 600 }),
  'attestation.signature': attested({ key: STRANGER.privateKey }),
  'attestation.method': stating({ method: 'POST' }),
  'attestation.target': stating({ target: 'https://evil.test/canary-of-a-target' }),
  'attestation.subject': stating({ jkt: thumbprintOf(STRANGER.publicKey) }),
  'attestation.replayed': { ...attested(), times: 2 },

  'replay.unavailable': { given: spending(() => telling('the store refused')) },
  'replay.full': { given: spending(() => 'full') },
  'replay.limit': { given: spending(() => 'limit') },
  'replay.forgotten': { given: spending(() => 'forgotten') },
  'keys.unavailable': { given: { fetch: () => Promise.resolve().then(() => telling('the issuer is down')) } },
  'introspection.unavailable': introspected(() => telling('the issuer is down')),
  'revocation.unavailable': {
    given: { revocations: { ...createMemoryRevocationStore(), changes: () => Promise.resolve().then(() => telling('the store is down')) } },
  },
  'revocation.forgotten': {
    given: {
      revocations: {
        ...createMemoryRevocationStore(),
        changes: async () => ({ watermark: Date.now() / 1000, since: now() + 60, memory: 'm', revocations: [], cursor: '1', more: false }),
      },
    },
  },
  'verifier.unready': 'a guard without a policy does not start',
  'exchange.unavailable': 'only a hop that rebinds exchanges',
  'verifier.failed': { given: failingClock },
}

/** Tells the time when the request comes, and fails while it is decided on. */
function failingClock(): Partial<GuardOptions> {
  let asked = 0
  return { clock: () => ((asked += 1) === 1 ? now() : telling('there is no time')) }
}
