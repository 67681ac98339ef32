import { createKeyPair } from './create-key-pair.js'
import { describe, expect, test } from 'vitest'
import { attest, type AttestationFields } from './attest.js'
import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import {
  askedAside,
  ATTESTED,
  attestedBy,
  CERTIFICATE,
  honest,
  ISSUER_KEYS,
  JKT,
  KEYS,
  NOW,
  POLICY,
  ROUTE,
  tokenWith,
  verdictOf,
  withFields,
  X5T,
  type AttestChanges,
} from './honest.testkit.js'
import { thumbprintOf } from './proof-key.js'
import { judge } from './judge.js'
import type { Policy } from './policy.js'

const evidence = honest()
const fields = attestedBy('edge', evidence)
const attested = (changes: AttestChanges = {}, hop: 'edge' | 'mesh' = 'edge'): Evidence => withFields(evidence, attestedBy(hop, evidence, changes))
const edited = (edit: (fields: AttestationFields) => Partial<AttestationFields>): Evidence => withFields(evidence, { ...fields, ...edit(fields) })

const stranger = createKeyPair('ec', { namedCurve: 'P-256' }).privateKey

const honestly = withFields(evidence, fields)
const lacking = (name: 'everyhopHop' | 'signature' | 'signatureInput'): Evidence => ({ ...honestly, hop: { ...honestly.hop, [name]: [] } })
const spelled = (from: string | RegExp, to: string): Evidence => edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace(from, to) }))

const SPOILED: readonly (readonly [code: Code, what: string, evidence: Evidence, policy?: Policy])[] = [
  ['path.unattested', 'no signature', { ...withFields(evidence, fields), hop: { ...withFields(evidence, fields).hop, signature: [], signatureInput: [] } }],
  [
    'attestation.repeated',
    'two Signature fields',
    { ...withFields(evidence, fields), hop: { ...withFields(evidence, fields).hop, signature: [fields.signature, fields.signature] } },
  ],
  ['attestation.repeated', 'two Client-Cert fields', withFields(evidence, fields, { clientCert: [':AAAA:', ':AAAA:'] })],
  ['path.unattested', 'no statement', lacking('everyhopHop')],
  ['path.unattested', 'no signature alone', lacking('signature')],
  ['path.unattested', 'no input of the signatures', lacking('signatureInput')],
  ['request.uncredentialed', 'no Authorization', { ...honestly, authorization: [] }],
  ['request.authorization', 'two Authorization fields', { ...honestly, authorization: [...honestly.authorization, ...honestly.authorization] }],
  ['proof.repeated', 'two proofs', { ...honestly, dpop: [...honestly.dpop, ...honestly.dpop] }],
  ['attestation.malformed', 'an input that is no dictionary', edited(() => ({ signatureInput: 'edge=1' }))],
  ['attestation.malformed', 'signatures that are no dictionary', edited(() => ({ signature: 'edge=:AAAA:' }))],
  ['attestation.malformed', 'created as text', spelled(`created=${NOW}`, `created="${NOW}"`)],
  ['attestation.malformed', 'expires as text', spelled(`expires=${NOW + 10}`, `expires="${NOW + 10}"`)],
  ['attestation.malformed', 'a nonce of fewer bits', spelled(/nonce="./, 'nonce="')],
  ['attestation.malformed', 'a nonce as number', spelled(/nonce="[^"]*"/, 'nonce=1')],
  ['attestation.malformed', 'no tag', spelled(/;tag="[^"]*"/, '')],
  ['attestation.unknown-key', 'a key named by a number', spelled(/keyid="[^"]*"/, 'keyid=1')],
  ['attestation.uncovered', 'a link that is described and not signed', edited(({ signature }) => ({ signature: signature.split(', ')[0]! }))],
  [
    'attestation.uncovered',
    'a link that is signed and not described',
    edited(({ signatureInput }) => ({ signatureInput: signatureInput.split(', link=')[0]! })),
  ],
  ['attestation.malformed', 'a hop field that is no dictionary', edited(() => ({ everyhopHop: 'edge;=' }))],
  [
    'attestation.malformed',
    'an alg parameter',
    edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace(';keyid', ';alg="hmac-sha256";keyid') })),
  ],
  ['attestation.malformed', 'a parameter twice', edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace(';keyid', ';nonce="x";keyid') }))],
  ['path.unexpected', 'another hop than declared', attested({ hop: 'proxy' })],
  ['path.unexpected', 'a hop alone that stands second', attested({}, 'mesh')],
  [
    'attestation.uncovered',
    'no link signature',
    edited(({ signature, signatureInput }) => ({ signature: signature.split(', ')[0]!, signatureInput: signatureInput.split(', ')[0]! })),
  ],
  [
    'attestation.uncovered',
    "an attacker's signature beside the hop's",
    edited(({ signature, signatureInput }) => ({
      signature: `${signature}, evil=${signature.split(', ')[0]!.slice('edge='.length)}`,
      signatureInput: `${signatureInput}, evil=${signatureInput.split('link=')[1]}`,
    })),
  ],
  ['attestation.uncovered', 'dpop left out', edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace(' "dpop"', '') }))],
  ['attestation.uncovered', '@path left out', edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace(' "@path"', '') }))],
  ['attestation.uncovered', 'a certificate field that nobody signed', withFields(evidence, fields, { clientCert: [':AAAA:'] })],
  ['attestation.unknown-key', 'a key that is not registered', attested({ key: stranger, keyid: thumbprintOf(stranger) })],
  ['attestation.unknown-key', "the other hop's key", attested({ key: KEYS.mesh.privateKey, keyid: thumbprintOf(KEYS.mesh.privateKey) })],
  ['attestation.signature', "a stranger's key under the hop's keyid", attested({ key: stranger })],
  [
    'attestation.signature',
    'another method on the link',
    attested({ message: { method: 'POST', authority: 'orders.internal:8080', path: '/orders/1', query: '?page=2' } }),
  ],
  ['attestation.signature', 'another query', attested({ message: { method: 'GET', authority: 'orders.internal:8080', path: '/orders/1', query: '?page=3' } })],
  [
    'attestation.signature',
    'for another application',
    attested({ message: { method: 'GET', authority: 'bills.internal:8080', path: '/orders/1', query: '?page=2' } }),
  ],
  ['attestation.signature', 'another proof than signed', withFields(honest(), fields)],
  [
    'attestation.signature',
    'a token that was put in after signing',
    withFields({ ...evidence, authorization: [`dpop ${evidence.authorization[0]!.slice(5)}`] }, fields),
  ],
  [
    'attestation.tag',
    'the signature of another application',
    edited(({ signatureInput }) => ({ signatureInput: signatureInput.replace('everyhop-link', 'other-link') })),
  ],
  ['attestation.stale', 'a second after its end', attested({ now: NOW - 16 })],
  ['attestation.stale', 'a life of over a minute', attested({ lifetime: 61 })],
  ['attestation.early', 'a second beyond the skew', attested({ now: NOW + 6 })],
  [
    'attestation.method',
    'another external method',
    attested({ statement: { method: 'POST', target: 'https://api.test/orders/1', binding: 'dpop', jkt: JKT } }),
  ],
  ['attestation.target', 'another external target', attested({ statement: { method: 'GET', target: 'https://api.test/orders/2', binding: 'dpop', jkt: JKT } })],
  ['attestation.target', 'another external base', attested({ statement: { method: 'GET', target: 'https://evil.test/orders/1', binding: 'dpop', jkt: JKT } })],
  [
    'attestation.subject',
    "the thief's thumbprint",
    attested({ statement: { method: 'GET', target: 'https://api.test/orders/1', binding: 'dpop', jkt: thumbprintOf(KEYS.thief.publicKey) } }),
  ],
  ['attestation.subject', 'another binding', attested({ statement: { method: 'GET', target: 'https://api.test/orders/1', binding: 'bearer' } })],
]

describe('one spoiled member, one code', () => {
  for (const [code, what, spoiled, policy] of SPOILED) test(`${code}: ${what}`, () => expect(verdictOf(spoiled, policy ?? ATTESTED)).toBe(code))
})

describe('just inside the limits', () => {
  test('the last second with skew', () => expect(verdictOf(attested({ now: NOW - 15 }), ATTESTED)).toBe('allow'))
  test('a life of a minute', () => expect(verdictOf(attested({ lifetime: 60 }), ATTESTED)).toBe('allow'))
  test('from the future within the skew', () => expect(verdictOf(attested({ now: NOW + 5 }), ATTESTED)).toBe('allow'))
})

test('the captured attestation is spent, whatever it proves', () => {
  const first = judge(withFields(evidence, fields), ATTESTED, ISSUER_KEYS)
  const again = judge(withFields(evidence, fields), { ...ATTESTED, spends: false }, ISSUER_KEYS)
  expect(first.verdict === 'pending' && again.verdict === 'pending' && first.spends[0]?.id === again.spends[0]?.id).toBe(true)
  expect(first.verdict === 'pending' && first.spends[0]?.until).toBe(NOW + 10 + 5)
})

describe('two hops', () => {
  const edge = attestedBy('edge', evidence, { message: { method: 'GET', authority: 'mesh.internal', path: '/orders/1', query: '?page=2' } })
  const both = attestedBy('mesh', evidence, { earlier: edge })

  test('the whole path is seen', () => {
    expect(judge(withFields(evidence, both), ATTESTED, ISSUER_KEYS)).toMatchObject({ verdict: 'pending', proven: { path: ['edge', 'mesh'] } })
  })
  test('the path must be declared', () => {
    const policy = { ...ATTESTED, routes: [{ ...ATTESTED.routes[0]!, via: [['edge']] }] }
    expect(verdictOf(withFields(evidence, both), policy)).toBe('path.unexpected')
  })
  test('swapped hops are refused', () => {
    const swapped = both.everyhopHop.split(', ').reverse().join(', ')
    expect(verdictOf(withFields(evidence, { ...both, everyhopHop: swapped }), ATTESTED)).toBe('path.unexpected')
  })
  test('a first hop that is cut out is missed', () => {
    const cut = { everyhopHop: both.everyhopHop.split(', ')[1]!, signature: both.signature, signatureInput: both.signatureInput }
    expect(verdictOf(withFields(evidence, cut), ATTESTED)).toBe('path.unexpected')
  })
  test('the second hop stands for the signature of the first', () => {
    const other = attestedBy('edge', evidence, { message: { method: 'GET', authority: 'mesh.internal', path: '/orders/1', query: '?page=2' } })
    const mixed = { ...both, signature: both.signature.replace(edge.signature.split(', ')[0]!, other.signature.split(', ')[0]!) }
    expect(verdictOf(withFields(evidence, mixed), ATTESTED)).toBe('attestation.uncovered')
  })
})

test('an attested certificate proves a certificate-bound token', () => {
  const certified = honest({ authorization: [`Bearer ${tokenWith({ cnf: { 'x5t#S256': X5T } })}`], dpop: [] })
  const clientCert = `:${CERTIFICATE.toString('base64')}:`
  const signed = attestedBy('edge', certified, {
    statement: { method: 'GET', target: 'https://api.test/orders/1', binding: 'mtls', x5t: X5T },
    fields: { authorization: certified.authorization[0]!, clientCert },
  })
  expect(verdictOf(withFields(certified, signed, { clientCert: [clientCert] }), ATTESTED)).toBe('allow')
  expect(verdictOf(withFields(certified, signed), ATTESTED)).toBe('attestation.uncovered')
  expect(verdictOf({ ...withFields(certified, signed), certificate: CERTIFICATE }, ATTESTED)).toBe('attestation.uncovered')
})

test('a path that a hop rewrites is led back to the external one', () => {
  const policy: Policy = { ...POLICY, routes: [{ ...ROUTE, mode: 'attested', via: [['edge']], external: (path) => `/orders${path}` }] }
  const inside = { ...evidence, target: '/1?page=2' }
  const signed = attestedBy('edge', inside, { message: { method: 'GET', authority: 'orders.internal:8080', path: '/1', query: '?page=2' } })
  expect(verdictOf(withFields(inside, signed), policy)).toBe('allow')
  expect(verdictOf(withFields({ ...inside, target: '/2?page=2' }, signed), policy)).toBe('attestation.target')
})

test('what cannot stand in a field is not attested', () => {
  const key = KEYS.edge.privateKey
  const unfit = attest({
    hop: 'edge',
    statement: { binding: 'dpop', target: 'https://api.test/\u00e9' },
    fields: { authorization: 'x' },
    message: { method: 'GET', authority: 'a', path: '/', query: '?' },
    now: NOW,
    lifetime: 10,
    nonces: ['a', 'b'],
    key,
    keyid: 'k',
  })
  expect(unfit).toBeUndefined()
})

test('all of it the same with signatures verified on other threads', async () => {
  const { here, aside } = await askedAside()
  expect(here.length).toBeGreaterThan(20)
  expect(aside).toEqual(here)
})
