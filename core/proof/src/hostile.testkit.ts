import fc from 'fast-check'
import type { AttestationFields } from './attest.js'
import { refuse } from './decision.js'
import type { Evidence } from './evidence.js'
import { explain } from './explain.js'
import {
  ATTESTED,
  attestedBy,
  honest,
  ISSUER_KEYS,
  issuing,
  JKT,
  judgeAside,
  KEYS,
  NO_HOP,
  NOW,
  POLICY,
  proofWith,
  publicJwk,
  ROUTE,
  TOKEN,
  tokenWith,
  withFields,
} from './honest.testkit.js'
import { judge } from './judge.js'
import { createMemo } from './memo.js'
import type { IssuerKeys, Policy } from './policy.js'
import { importJwk, readProofKey, thumbprintOf } from './proof-key.js'
import { readIntrospection } from './read-introspection.js'
import { readProof } from './read-proof.js'
import { readToken } from './read-token.js'
import { refusalOf } from './refusal.js'
import { readObject, type Json } from './strict-json.js'
import { readBytes, readHopField, readSignatureInput, readSignatures } from './structured-fields.js'
import { loosely, readRequestTarget, readTarget } from './target.js'
import { sha256 } from './thumbprint.js'

/** Hostile input by the hundred thousand. Nothing is thrown, and nothing but the honest request is accepted. */

/** One kind of hostile input, and what of it would be a fault of ours. */
export type Campaign = {
  readonly name: string
  /** Its part of all inputs of a run. */
  readonly share: number
  readonly run: (inputs: number, seed: number) => Promise<Finding | undefined>
}

export type Finding = { readonly campaign: string; readonly seed: number; readonly path: string; readonly input: string; readonly fault: string }

const campaign = <T>(name: string, share: number, input: fc.Arbitrary<T>, fault: (input: T) => string | undefined): Campaign => ({
  name,
  share,
  run: async (numRuns, seed) => findingOf(name, fc.check(fc.property(input, raising(fault)), { numRuns, seed })),
})

const raising =
  <T>(fault: (input: T) => string | undefined) =>
  (input: T): void => {
    const found = fault(input)
    if (found !== undefined) throw new Error(found)
  }

export function findingOf<T>(campaign: string, { failed, seed, counterexample, counterexamplePath, errorInstance }: fc.RunDetails<T>): Finding | undefined {
  if (!failed) return undefined
  const fault = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance)
  return { campaign, seed, path: counterexamplePath ?? '', input: fc.stringify(counterexample), fault }
}

const PROOF = proofWith({ jti: 'the-honest-one' })
const HONEST = honest({ dpop: [PROOF] })
const FIELDS = attestedBy('edge', HONEST)
const ATTESTED_HONEST = withFields(HONEST, FIELDS)
const OPAQUE = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'

/** Policies and issuers under which a stranger's request must come to nothing. */
const WAIVER = { id: 'W', client: 'billco', from: 0, until: NOW + 1, routes: new Set(['/orders/**']), audiences: new Set<string>(), maxLifetime: 300 }
const POLICIES: readonly Policy[] = [
  POLICY,
  ATTESTED,
  issuing({ algs: new Set(['ES256', 'RS256', 'PS256', 'EdDSA']), extraConfirmation: true, grantClaim: 'sid' }, { ...POLICY, waivers: [WAIVER] }),
  { ...POLICY, nonce: { timeOf: (nonce) => (nonce === 'good' ? NOW : undefined), maxAge: 60 }, routes: [{ ...ROUTE, mode: 'passthrough', body: 'covered' }] },
]
const UNASKED: IssuerKeys = { ...ISSUER_KEYS, introspected: () => undefined }

/** The fault of a request that must be refused: it was not, or the refusal cannot be told. A memo from before must not matter. */
const memo = createMemo(16)
judge(HONEST, POLICY, ISSUER_KEYS, memo)
function accepted(evidence: Evidence, policy: Policy = POLICY, keys: IssuerKeys = ISSUER_KEYS): string | undefined {
  const judged = judge(evidence, policy, keys, policy === POLICY ? memo : undefined)
  if (judged.verdict !== 'deny') return 'accepted'
  return refuse(judged.code) === judged ? undefined : 'a refusal without its code'
}

/** The honest text, changed in a few places. */
const SNIPPETS = ['', '.', ',', ' ', '=', '==', '"', '\\', ', ', '\0', '\r\n', '\u00e9', '\ufffd', 'A', '{}', 'e30', 'null', '%2e', ';', ':']
const edit = fc.tuple(
  fc.nat(0xffff),
  fc.constantFrom(0, 0, 1, 1, 2, 9, 64, 4_096),
  fc.oneof(fc.constantFrom(...SNIPPETS), fc.string({ unit: 'binary', maxLength: 2 })),
)
const edits = fc.array(edit, { minLength: 1, maxLength: 3 })
function edited(text: string, changes: readonly (readonly [at: number, drop: number, put: string])[]): string {
  return changes.reduce((before, [at, drop, put]) => {
    const index = at % (before.length + 1)
    return before.slice(0, index) + put + before.slice(index + drop)
  }, text)
}

/** Values that a member may surprise with, of every JSON type; some of them right. */
const surprising = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    0.5,
    NOW,
    NOW + 5,
    NOW - 60,
    2 ** 53,
    1e308,
    -1e308,
    '',
    'GET',
    'dpop+jwt',
    'at+jwt',
    'ES256',
    'none',
    'shop',
    JKT,
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [[]],
    ['https://api.test'],
    { jkt: JKT },
    { jkt: [JKT] },
    { length: 1 },
    'https://api.test/orders/1',
    '__proto__',
    'constructor',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double(),
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)
const MEMBERS = [
  'typ',
  'alg',
  'jwk',
  'kid',
  'crit',
  'b64',
  'jku',
  'x5c',
  'jti',
  'htm',
  'htu',
  'iat',
  'ath',
  'nonce',
  'exp',
  'nbf',
  'iss',
  'sub',
  'aud',
  'client_id',
  'scope',
  'cnf',
  '__proto__',
]
const members = fc.dictionary(fc.constantFrom(...MEMBERS), surprising, { maxKeys: 4 })

/** JSON text that says a member again, or is broken at its end. */
const tail = fc.constantFrom('', '', '', ',"iat":1', ',"alg":"none"', ',"\\u0069at":1', ',', '}', ' ', '//', ',"a":NaN')
const asText = (value: Json, end: string): string => JSON.stringify(value).slice(0, -1) + end + '}'
const decoded = (text: string, part: 0 | 1): Json => readObject(Buffer.from(text.split('.')[part]!, 'base64url').toString())!
const b64 = (text: string): string => Buffer.from(text).toString('base64url')

/** A JWS of surprising members under the signature of the honest one. */
const forged = (base: string) => {
  const [head, body] = [decoded(base, 0), decoded(base, 1)]
  const signature = base.split('.')[2]!
  return fc
    .tuple(members, members, tail, tail, fc.constantFrom(signature, signature, '', 'A'.repeat(86), 'A'.repeat(342)))
    .map(
      ([inHead, inBody, headTail, bodyTail, sign]) =>
        `${b64(asText({ ...head, ...inHead }, headTail))}.${b64(asText({ ...body, ...inBody }, bodyTail))}.${sign}`,
    )
}

const anything = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.base64String({ maxLength: 40 }),
  fc.json({ maxDepth: 2 }),
)
const values = fc.array(anything, { maxLength: 2 })
const anyRequest = fc.record({
  method: fc.oneof(fc.constantFrom('GET', 'get', 'POST', ''), anything),
  target: fc.oneof(fc.constantFrom('/orders/1', '/orders/%2e%2e/1', '/admin', '//x', '*'), fc.webPath(), anything),
  authorization: fc.oneof(fc.constantFrom([`DPoP ${TOKEN}`], [`Bearer ${TOKEN}`], [`DPoP ${OPAQUE}`], [`Bearer ${OPAQUE}`]), values),
  dpop: values,
  hop: fc.record({ everyhopHop: values, signature: values, signatureInput: values, clientCert: values, contentDigest: values, aliases: fc.constant([]) }),
  policy: fc.constantFrom(...POLICIES),
})

const attestation = fc
  .tuple(fc.constantFrom('everyhopHop', 'signature', 'signatureInput'), edits)
  .map(([name, changes]) => ({ name, text: edited(FIELDS[name], changes) }))

/** Keys that are nearly right. */
const anyKey = fc.record(
  {
    kty: fc.constantFrom('EC', 'OKP', 'RSA', 'oct', 'ec', 1),
    crv: fc.constantFrom('P-256', 'P-384', 'P-521', 'Ed25519', 'X25519', 'secp256k1', undefined),
    x: fc.oneof(
      fc
        .constantFrom(32, 48, 66, 31, 33)
        .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
        .map((bytes) => Buffer.from(bytes).toString('base64url')),
      surprising,
    ),
    y: fc.oneof(
      fc
        .constantFrom(32, 48, 66, 65)
        .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
        .map((bytes) => Buffer.from(bytes).toString('base64url')),
      surprising,
    ),
    n: fc.oneof(
      fc
        .constantFrom(256, 255, 512)
        .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
        .map((bytes) => Buffer.from(bytes).toString('base64url')),
      surprising,
    ),
    e: fc.oneof(fc.constantFrom('AQAB', 'Aw', 'AQ', 'AA', 'AAEAAQ', '_____w', 'AAAAAQ'), surprising),
    d: surprising,
    use: fc.constantFrom('sig', 'enc', 1),
  },
  { requiredKeys: ['kty'] },
)

const READERS = [
  readTarget,
  readRequestTarget,
  loosely,
  readHopField,
  readSignatureInput,
  readSignatures,
  readBytes,
  readToken,
  readObject,
  (text: string) => readProof([text]),
] as const

/** Members of one object, some named twice: told apart from `JSON.parse`, which keeps the last. */
const spelled = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', '\\u0061', 'c"', '__proto__'), fc.constantFrom('1', '{"a":1}', '[{"a":1},{"a":2}]', '"a\\":1"', 'null')),
  { maxLength: 4 },
)

/** Requests that have much in common, so that a memo that tells them apart by too little would mistake one for another. */
const OTHER = tokenWith({ jti: 'token-2' })
const tailOf = (text: string): string => text.slice(text.lastIndexOf('.'))
const proofsOf = (token: string): readonly string[] => {
  const claims = { ath: sha256(token), jti: 'a' }
  const thief = { jwk: publicJwk(KEYS.thief.publicKey) }
  const honestOne = proofWith(claims)
  return [
    honestOne,
    proofWith(claims, { kid: 'k' }),
    proofWith(claims, {}, KEYS.thief.privateKey),
    proofWith(claims, thief, KEYS.thief.privateKey),
    proofWith(claims, thief),
    `${b64('{}')}${honestOne.slice(honestOne.indexOf('.'))}`,
  ]
}
const FORGED = `${OTHER.slice(0, OTHER.lastIndexOf('.'))}${tailOf(TOKEN)}`
const FOREIGN = tokenWith({ client_id: 'billco' }, {}, KEYS.thief.privateKey)
const POOL: readonly (readonly [authorization: string, dpop: string])[] = [TOKEN, OTHER, FORGED, FOREIGN].flatMap((token) =>
  ['DPoP', 'dpop', 'Bearer'].flatMap((scheme) => proofsOf(token).map((proof) => [`${scheme} ${token}`, proof] as const)),
)
const ROTATED: IssuerKeys = { find: () => KEYS.thief.publicKey }
const sequence = fc.array(fc.tuple(fc.constantFrom(...POOL), fc.constantFrom(ISSUER_KEYS, ISSUER_KEYS, ROTATED), fc.constantFrom(0, 0, 0, 61, 300)), {
  minLength: 2,
  maxLength: 4,
})

export const CAMPAIGNS: readonly Campaign[] = [
  campaign(
    'a proof, edited',
    25,
    edits.map((changes) => edited(PROOF, changes)),
    (text) => (text === PROOF ? undefined : accepted({ ...HONEST, dpop: [text] })),
  ),
  campaign(
    'a token, edited',
    15,
    edits.map((changes) => edited(TOKEN, changes)),
    (text) => {
      return text === TOKEN ? undefined : accepted({ ...HONEST, authorization: [`DPoP ${text}`] })
    },
  ),
  campaign('an attestation, edited', 5, attestation, ({ name, text }) => {
    const fields: AttestationFields = { ...FIELDS, [name]: text }
    return text === FIELDS[name] ? undefined : accepted(withFields(HONEST, fields), ATTESTED)
  }),
  campaign('a proof of surprising members', 15, forged(PROOF), (text) => (text === PROOF ? undefined : accepted({ ...HONEST, dpop: [text] }))),
  campaign('a token of surprising members', 15, forged(TOKEN), (text) =>
    text === TOKEN ? undefined : accepted({ ...HONEST, authorization: [`DPoP ${text}`] }),
  ),
  campaign('anything in any field', 10, anyRequest, ({ policy, ...fields }) => {
    const evidence: Evidence = { ...HONEST, ...fields, ...(policy !== ATTESTED && { hop: { ...NO_HOP, contentDigest: fields.hop.contentDigest } }) }
    explain(evidence, policy, UNASKED)
    return accepted(evidence, policy) ?? accepted(evidence, policy, UNASKED)
  }),
  campaign(
    'an attested request with anything beside it',
    2,
    fc.tuple(fc.constantFrom('clientCert', 'contentDigest', 'aliases', 'everyhopHop', 'signature'), values),
    ([name, added]) => {
      if (added.length === 0 || name === 'contentDigest') return undefined
      return accepted({ ...ATTESTED_HONEST, hop: { ...ATTESTED_HONEST.hop, [name]: [...ATTESTED_HONEST.hop[name], ...added] } }, ATTESTED)
    },
  ),
  campaign('what an issuer may answer', 5, fc.tuple(members, fc.constantFrom<unknown>(true, true, false, 'true', 1, null)), ([answer, active]) => {
    const read = readIntrospection({ client_id: 'shop', aud: 'https://api.test', exp: NOW + 60, ...answer, active }, 'https://id.test', sha256(OPAQUE))
    if (typeof read === 'string') return undefined
    if (active !== true || read.iss !== 'https://id.test') return 'read as active, or as of another issuer'
    return accepted({ ...HONEST, authorization: [`Bearer ${OPAQUE}`], dpop: [] }, POLICY, { ...ISSUER_KEYS, introspected: () => read })
  }),
  campaign('one after another, with a memo and without', 2, sequence, (requests) => {
    const shared = createMemo(2)
    for (const [[authorization, dpop], keys, later] of requests) {
      const evidence = { ...HONEST, now: NOW + later, authorization: [authorization], dpop: [dpop] }
      const told = JSON.stringify(judge(evidence, POLICY, keys, shared))
      if (told !== JSON.stringify(judge(evidence, POLICY, keys))) return `with a memo ${told}`
    }
    return undefined
  }),
  {
    name: 'the same on another thread',
    share: 0.2,
    async run(numRuns, seed) {
      const property = fc.asyncProperty(sequence, async (requests) => {
        const [here, aside] = [createMemo(2), createMemo(2)]
        for (const [[authorization, dpop], keys, later] of requests) {
          const evidence = { ...HONEST, now: NOW + later, authorization: [authorization], dpop: [dpop] }
          const told = JSON.stringify(await judgeAside(evidence, POLICY, keys, aside))
          if (told !== JSON.stringify(judge(evidence, POLICY, keys, here))) throw new Error(`aside ${told}`)
        }
      })
      return findingOf(this.name, await fc.check(property, { numRuns, seed }))
    },
  },
  campaign('keys', 2, anyKey, (jwk) => {
    const read = readProofKey(jwk)
    if (typeof read === 'string') return undefined
    if ('d' in jwk) return 'a private key was read'
    const key = importJwk(read)
    return key === undefined || thumbprintOf(key) === read.jkt ? undefined : 'one key, two thumbprints'
  }),
  campaign('any text to any reader', 3, anything, (text) => {
    for (const read of READERS) read(text)
    return undefined
  }),
  campaign('members named twice', 2, spelled, (pairs) => {
    const names = pairs.map(([name]) => (name === 'c"' ? 'c\\"' : name))
    const text = `{${pairs.map(([, value], index) => `"${names[index]}":${value}`).join()}}`
    const isRepeated = new Set(names.map((name) => JSON.parse(`"${name}"`))).size < names.length
    return (readObject(text) === undefined) === isRepeated ? undefined : text
  }),
  campaign('targets', 3, fc.webUrl({ withQueryParameters: false, withFragments: false, validSchemes: ['http', 'https'] }), (url) => {
    const target = readTarget(url)
    if (target === undefined) return undefined
    if (readTarget(target) !== target) return 'a normal form that is not its own'
    if (new URL(target).host !== new URL(url).host) return 'another host than to WHATWG'
    const answer = refusalOf(refuse('proof.target'), { hop: 'h', algs: [], schemes: ['DPoP'] })
    return answer.body.includes(url) ? 'a refusal that quotes' : undefined
  }),
]

/** Runs all of them over so many inputs together; resolves what they found, and reports after each how many inputs it had. */
export async function fuzz(
  inputs: number,
  seed: number,
  done: (name: string, inputs: number) => void = () => undefined,
  campaigns = CAMPAIGNS,
): Promise<readonly Finding[]> {
  const shares = campaigns.reduce((sum, { share }) => sum + share, 0)
  const findings: Finding[] = []
  for (const one of campaigns) {
    const part = Math.ceil((inputs * one.share) / shares)
    const finding = await one.run(part, seed)
    if (finding) findings.push(finding)
    done(one.name, part)
  }
  return findings
}
