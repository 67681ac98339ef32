import { describe, expect, test } from 'vitest'
import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import { explain } from './explain.js'
import { ATTESTED, attestedBy, honest, ISSUER_KEYS, KEYS, NO_HOP, NOW, POLICY, proofWith, tokenWith, withFields } from './honest.testkit.js'
import type { IssuerKeys, Policy } from './policy.js'
import { sha256 } from './thumbprint.js'

const spoiledToken = tokenWith(
  { aud: 'https://other.test', exp: NOW - 60, client_id: 'other', cnf: { jkt: sha256('another key'), x: 1 } },
  { typ: 'JWT', crit: ['x'] },
  KEYS.thief.privateKey,
)
const spoiledProof = proofWith({ iat: NOW - 300, htm: 'POST', ath: sha256('x') }, { typ: 'JWT', jku: 'https://evil.test' }, KEYS.thief.privateKey)
const OPAQUE = 'opaque~token'

const CASES: readonly (readonly [what: string, codes: readonly Code[], evidence: Evidence, policy?: Policy, keys?: IssuerKeys])[] = [
  ['nothing where all holds', [], honest()],
  [
    'all of a token and its proof',
    [
      'token.typ',
      'token.critical',
      'token.audience',
      'token.expired',
      'token.confirmation',
      'token.signature',
      'token.client',
      'token.other-key',
      'proof.typ',
      'proof.key-reference',
      'proof.method',
      'proof.stale',
      'proof.token-hash',
      'proof.signature',
    ],
    honest({ authorization: [`DPoP ${spoiledToken}`], dpop: [spoiledProof] }),
  ],
  [
    'a request that cannot be judged, and its credential',
    ['request.early-data', 'request.trailer', 'request.target', 'request.scheme'],
    honest({ earlyData: true, trailers: true, target: '//x', authorization: ['Basic eDp5'] }),
  ],
  ['an issuer that is not declared', ['token.issuer', 'proof.token-hash'], honest({ authorization: [`DPoP ${tokenWith({ iss: 'https://evil.test' })}`] })],
  ['a key that nobody publishes', ['token.unknown-key'], honest(), POLICY, { find: () => undefined }],
  ['a binding that is missing', ['token.unbound'], honest({ authorization: [`Bearer ${tokenWith({ cnf: undefined })}`], dpop: [] })],
  [
    'the proof of an opaque token that nobody asked about',
    ['token.opaque', 'proof.stale', 'proof.method'],
    honest({ authorization: [`DPoP ${OPAQUE}`], dpop: [proofWith({ ath: sha256(OPAQUE), iat: NOW - 61, htm: 'PUT' })] }),
    POLICY,
    { ...ISSUER_KEYS, introspected: () => undefined },
  ],
  [
    'a field that nobody but a hop may set, and a stale proof',
    ['path.stray', 'proof.stale'],
    honest({ hop: { ...NO_HOP, aliases: ['x-client-cert'] }, dpop: [proofWith({ iat: NOW - 61 })] }),
  ],
  ['an attestation of other fields', ['attestation.signature'], withFields(honest(), attestedBy('edge', honest())), ATTESTED],
]

describe('every defect at once', () => {
  for (const [what, codes, evidence, policy = POLICY, keys = ISSUER_KEYS] of CASES) {
    test(what, () => expect(explain(evidence, policy, keys).toSorted()).toEqual(codes.toSorted()))
  }
})
