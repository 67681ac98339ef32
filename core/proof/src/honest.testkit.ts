import { createKeyPair } from './create-key-pair.js'
import { randomBytes, type KeyObject } from 'node:crypto'
import { attest, type AttestationFields } from './attest.js'
import { signatureHoldsAside, signCompact } from './compact-jws.js'
import type { Deny, Pending } from './decision.js'
import type { Evidence, HopFields } from './evidence.js'
import { thumbprintOf } from './proof-key.js'
import { examine, judge, proceed, settle } from './judge.js'
import type { Memo } from './memo.js'
import type { IssuerKeys, IssuerPolicy, Policy, RoutePolicy } from './policy.js'
import { readTarget } from './target.js'
import { sha256 } from './thumbprint.js'

/** One honest request and the policy it meets; tests spoil one thing at a time. */

export const NOW = 1_790_000_000
const pair = () => createKeyPair('ec', { namedCurve: 'P-256' })
export const KEYS = { issuer: pair(), owner: pair(), thief: pair(), edge: pair(), mesh: pair(), sidecar: pair() }
export type TestHop = 'edge' | 'mesh' | 'sidecar'
export const publicJwk = (key: KeyObject): Record<string, unknown> => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y }
}
export const JKT = thumbprintOf(KEYS.owner.publicKey)
export const CERTIFICATE = Buffer.from('stands for DER bytes: only their hash counts')
export const X5T = sha256(CERTIFICATE)

type Part = Readonly<Record<string, unknown>>

export function tokenWith(claims: Part = {}, header: Part = {}, key: KeyObject = KEYS.issuer.privateKey): string {
  const honest = {
    iss: 'https://id.test',
    sub: 'shop',
    aud: 'https://api.test',
    client_id: 'shop',
    jti: 'token-1',
    iat: NOW - 60,
    exp: NOW + 240,
    scope: 'orders',
    cnf: { jkt: JKT },
  }
  return signCompact({ typ: 'at+jwt', kid: 'k1', ...header }, { ...honest, ...claims }, key)
}

export const TOKEN = tokenWith()

export function proofWith(claims: Part = {}, header: Part = {}, key: KeyObject = KEYS.owner.privateKey): string {
  const honest = { jti: randomBytes(12).toString('base64url'), htm: 'GET', htu: 'https://api.test/orders/1', iat: NOW, ath: sha256(TOKEN) }
  return signCompact({ typ: 'dpop+jwt', jwk: publicJwk(KEYS.owner.publicKey), ...header }, { ...honest, ...claims }, key)
}

export const NO_HOP: HopFields = { everyhopHop: [], signature: [], signatureInput: [], clientCert: [], contentDigest: [], aliases: [] }

export const honest = (changes: Partial<Evidence> = {}): Evidence => ({
  now: NOW,
  method: 'GET',
  target: '/orders/1?page=2',
  authorization: [`DPoP ${TOKEN}`],
  dpop: [proofWith()],
  earlyData: false,
  trailers: false,
  hop: NO_HOP,
  ...changes,
})

export const ROUTE: RoutePolicy = {
  pattern: '/orders/**',
  matches: (path) => path.startsWith('/orders/'),
  clients: new Set(['shop', 'billco']),
  bindings: new Set(['dpop', 'mtls']),
  audiences: new Set(['https://api.test']),
  via: [[]],
  mode: 'direct',
  body: 'uncovered',
}

export const ISSUER: IssuerPolicy = {
  issuer: 'https://id.test',
  algs: new Set(['ES256']),
  typs: new Set(['at+jwt']),
  maxLifetime: 600,
  extraConfirmation: false,
}

/** The policy with other rules for the tokens of the issuer. */
export const issuing = (changes: Partial<IssuerPolicy>, policy: Policy = POLICY): Policy => ({
  ...policy,
  issuers: new Map([[ISSUER.issuer, { ...ISSUER, ...changes }]]),
})

export const POLICY: Policy = {
  hop: 'orders',
  issuers: new Map([[ISSUER.issuer, ISSUER]]),
  bases: [readTarget('https://api.test')!],
  routes: [ROUTE],
  proofAlgs: new Set(['ES256', 'EdDSA', 'Ed25519'] as const),
  maxAge: 60,
  maxEarly: 5,
  skew: 5,
  spends: true,
  hops: new Map(
    (['edge', 'mesh', 'sidecar'] as const).map((hop) => {
      const key = KEYS[hop].publicKey
      return [hop, { hop, keys: new Map([[thumbprintOf(key) as string, key]]) }]
    }),
  ),
  authority: 'orders.internal:8080',
  waivers: [],
  maxAttestationAge: 60,
}

export const ISSUER_KEYS: IssuerKeys = { find: (_, kid) => (kid === 'k1' ? KEYS.issuer.publicKey : undefined) }

export const ATTESTED: Policy = { ...POLICY, routes: [{ ...ROUTE, mode: 'attested', via: [['edge'], ['edge', 'mesh'], ['edge', 'mesh', 'sidecar']] }] }

export type AttestChanges = Partial<Parameters<typeof attest>[0]>

/** The fields with which a hop passes an honest request on. */
export function attestedBy(hop: TestHop, evidence: Evidence, changes: AttestChanges = {}): AttestationFields {
  const key = KEYS[hop].privateKey
  const fields = attest({
    hop,
    statement: { ...(hop === 'edge' ? { method: evidence.method, target: 'https://api.test/orders/1' } : {}), binding: 'dpop', jkt: JKT },
    fields: { authorization: evidence.authorization[0]!, ...(evidence.dpop[0] === undefined ? {} : { dpop: evidence.dpop[0] }) },
    message: { method: evidence.method, authority: 'orders.internal:8080', path: '/orders/1', query: '?page=2' },
    now: NOW,
    lifetime: 10,
    nonces: [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')],
    key,
    keyid: thumbprintOf(key),
    ...changes,
  })
  if (!fields) throw new Error('the honest sample cannot be attested')
  return fields
}

export const withFields = (evidence: Evidence, fields: AttestationFields, hop: Partial<HopFields> = {}): Evidence => ({
  ...evidence,
  hop: { ...NO_HOP, everyhopHop: [fields.everyhopHop], signature: [fields.signature], signatureInput: [fields.signatureInput], ...hop },
})

/** Judged with every signature verified on another thread. */
export async function judgeAside(evidence: Evidence, policy: Policy, keys: IssuerKeys, memo?: Memo): Promise<Deny | Pending> {
  let step = examine(evidence, policy, keys, memo)
  while (step.verdict === 'unverified') step = proceed(step, await signatureHoldsAside(step.signed))
  return step
}

const asked: (readonly [Evidence, Policy, IssuerKeys])[] = []

/** Everything that `verdictOf` was asked, and what is told of it when its signatures are verified on other threads: the same. */
export async function askedAside(): Promise<{ readonly here: readonly string[]; readonly aside: readonly string[] }> {
  const here = asked.map((one) => JSON.stringify(judge(...one)))
  return { here, aside: await Promise.all(asked.map(async (one) => JSON.stringify(await judgeAside(...one)))) }
}

/** The whole decision with a store that has seen nothing: `allow` or the code. */
export function verdictOf(evidence: Evidence, policy: Policy = POLICY, keys: IssuerKeys = ISSUER_KEYS): string {
  asked.push([evidence, policy, keys])
  const judged = judge(evidence, policy, keys)
  if (judged.verdict === 'deny') return judged.code
  const decision = settle(
    judged,
    judged.spends.map(() => 'fresh' as const),
  )
  return decision.verdict === 'deny' ? decision.code : 'allow'
}
