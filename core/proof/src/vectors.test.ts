import { createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CODES } from './codes.js'
import { signatureHolds } from './compact-jws.js'
import { ATTESTED, attestedBy, honest, NO_HOP, POLICY, ROUTE, tokenWith, verdictOf, withFields } from './honest.testkit.js'
import { readJwk } from './jwk.js'
import { importJwk, readProofKey } from './proof-key.js'
import { judge } from './judge.js'
import type { IssuerKeys, Policy } from './policy.js'
import { readObject } from './strict-json.js'
import { readBytes, readSignatureInput, readSignatures } from './structured-fields.js'
import { readTarget } from './target.js'
import { sha256 } from './thumbprint.js'

/** Published and generated vectors lie beside a development checkout; users do not have them. */
const VECTORS = new URL('../../../../shared/vectors/', import.meta.url)
const read = (name: string) => JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))

/** Each negative vector and the code that it must meet, and no other. */
const CODE_OF: Readonly<Record<string, string>> = {
  'no-proof': 'proof.missing',
  'two-dpop-headers': 'proof.repeated',
  'comma-joined': 'proof.malformed',
  'bearer-downgrade': 'token.scheme',
  'bearer-downgrade-with-proof': 'token.scheme',
  'unbound-token-under-dpop-scheme': 'token.unbound',
  'attacker-key': 'token.other-key',
  'jwk-says-victim-signed-by-attacker': 'proof.signature',
  'alg-none': 'proof.alg',
  'alg-None': 'proof.alg',
  'alg-nOnE': 'proof.alg',
  'alg-HS256-keyed-with-public-pem': 'proof.alg',
  'jwk-oct': 'proof.private-key',
  'jwk-private': 'proof.private-key',
  'jwk-missing-kid-only': 'proof.incomplete',
  'psychic-signature-zero': 'proof.signature',
  'der-encoded-ecdsa': 'proof.signature',
  'crit-unknown': 'proof.critical',
  'b64-false': 'proof.critical',
  'htm-POST': 'proof.method',
  'htm-lowercase': 'proof.method',
  'htm-array': 'proof.incomplete',
  'htu-array': 'proof.incomplete',
  'iat-old': 'proof.stale',
  'iat-future': 'proof.early',
  'iat-string': 'proof.incomplete',
  'iat-ms': 'proof.early',
  'iat-negative': 'proof.stale',
  'iat-1e308': 'proof.early',
  'jti-empty': 'proof.jti',
  'jti-number': 'proof.incomplete',
  'jti-4kB': 'proof.jti',
  'replay-2-same-proof': 'proof.replayed',
}

function codeOf(id: string): string {
  if (id.startsWith('missing-')) return 'proof.incomplete'
  if (id.startsWith('typ-')) return 'proof.typ'
  if (id.startsWith('ath-')) return 'proof.token-hash'
  return CODE_OF[id] ?? (id.startsWith('htu-') ? 'proof.target' : '')
}

describe.skipIf(!existsSync(VECTORS))('published vectors', () => {
  if (!existsSync(VECTORS)) return
  const { cases, issuer_jwk: issuerJwk } = read('dpop-negative.json')
  const issuer = 'https://as.example.test'
  const policy: Policy = {
    ...POLICY,
    issuers: new Map([[issuer, { issuer, algs: new Set(['ES256'] as const), typs: new Set(['at+jwt']), maxLifetime: 600, extraConfirmation: false }]]),
    bases: [readTarget('https://api.example.test')!],
    routes: [{ ...ROUTE, matches: () => true, clients: new Set(['c1']), audiences: new Set(['https://api.example.test']) }],
    proofAlgs: new Set(['ES256'] as const),
  }
  const key = createPublicKey({ key: issuerJwk, format: 'jwk' })
  const keys: IssuerKeys = { find: () => key }
  const spent = new Set<string>()

  for (const vector of cases) {
    if (vector.expect === 'reject-if-nonces-used') continue
    const expected = vector.expect === 'accept' ? 'allow' : codeOf(vector.id)
    test(`${vector.id}: ${expected}`, () => {
      const evidence = {
        now: vector.now,
        method: vector.method,
        target: vector.url.replace('https://api.example.test', '').replace(/#.*/, ''),
        authorization: [vector.authorization],
        dpop: vector.dpop,
        earlyData: false,
        trailers: false,
        hop: NO_HOP,
      }
      const judged = judge(evidence, policy, keys)
      if (judged.verdict === 'deny') {
        expect(judged.code).toBe(expected)
        if (vector.error && !vector.error.includes('/') && !vector.error.includes(' ')) expect(CODES[judged.code].error).toBe(vector.error)
        return
      }
      const [spend] = judged.spends
      const isReplay = spent.has(spend!.id)
      spent.add(spend!.id)
      expect(isReplay ? spend!.spent : 'allow').toBe(expected)
    })
  }

  for (const { jwk, thumbprint_expected: thumbprint } of read('rfc7638.json').vectors) {
    test(`RFC 7638: the thumbprint of an ${jwk.kty} key`, () => {
      const key = readProofKey(jwk)
      expect(typeof key === 'string' ? key : key.jkt).toBe(thumbprint)
      expect(typeof key !== 'string' && importJwk(key)).toBeTruthy()
    })
  }
})

describe.skipIf(!existsSync(VECTORS))('HTTP message signatures and certificates', () => {
  if (!existsSync(VECTORS)) return
  const { keys, cases } = read('rfc9421.json')
  const algOf: Readonly<Record<string, string>> = {
    'test-key-ecc-p256': 'ES256',
    'test-key-ed25519': 'EdDSA',
    'test-key-rsa-pss': 'PS512',
    'test-key-rsa': 'RS256',
  }
  const keyOf = (keyid: string) => createPublicKey({ key: keys[keyid], format: 'jwk' })
  const certified = cases.find(({ label }: { label: string }) => label === 'ttrp')

  for (const [index, { label, keyid, signature_base: base, signature_base64: signature }] of cases.entries()) {
    const alg = algOf[keyid]
    if (alg === undefined || base === undefined) continue
    test(`RFC 9421: signature ${index}, ${label}, holds by ${alg}, and not over another base`, () => {
      const bytes = Buffer.from(signature, 'base64')
      expect([signatureHolds(alg, keyOf(keyid), base, bytes), signatureHolds(alg, keyOf(keyid), `${base} `, bytes)]).toEqual([true, false])
    })
  }
  test('a hop takes no shared secret and no RSA key', () => {
    expect(['test-key-rsa', 'test-key-rsa-pss', 'test-shared-secret'].map((keyid) => readJwk(keys[keyid]))).toEqual(Array(3).fill('proof.private-key'))
    const { kty, n, e } = keys['test-key-rsa']
    expect(readJwk({ kty, n, e })).toBe('proof.key')
  })
  test('RFC 9421 B.3: what a terminator signs is read, and is no attestation of ours', () => {
    const input = readSignatureInput(`ttrp=${certified.signature_params}`)
    expect(input?.[0]).toMatchObject({ key: 'ttrp', components: '("@path" "@query" "@method" "@authority" "client-cert")' })
    expect(readSignatures(`ttrp=:${certified.signature_base64}:`)?.get('ttrp')).toEqual(Buffer.from(certified.signature_base64, 'base64'))
    const [, clientCert] = /^Client-Cert: (.*)$/m.exec(certified.message) ?? []
    const hop = {
      ...NO_HOP,
      everyhopHop: ['edge;m="POST"'],
      signatureInput: [`edge=${certified.signature_params}`],
      signature: [`edge=:${certified.signature_base64}:`],
      clientCert: [clientCert!],
    }
    expect(verdictOf(honest({ hop }), ATTESTED)).toBe('attestation.uncovered')
  })

  const {
    chain_pem: [leaf],
    x5tS256: [x5t],
    client_cert_header: header,
  } = read('rfc9440.json')
  test('RFC 9440: Client-Cert holds the certificate whose hash a token is bound to', () => {
    expect(readBytes(header)).toEqual(new X509Certificate(leaf).raw)
    expect(sha256(readBytes(header)!)).toBe(x5t)
    const request = honest({ authorization: [`Bearer ${tokenWith({ cnf: { 'x5t#S256': x5t } })}`], dpop: [] })
    const statement = { method: 'GET', target: 'https://api.test/orders/1', binding: 'mtls', x5t }
    const fields = attestedBy('edge', request, { statement, fields: { authorization: request.authorization[0]!, clientCert: header } })
    expect(verdictOf(withFields(request, fields, { clientCert: [header] }), ATTESTED)).toBe('allow')
    for (const other of [header.slice(1), `${header} `, `${header};a=1`, header.replace(/:/g, ''), `${header}, ${header}`]) {
      expect(readBytes(other)).toBeUndefined()
    }
  })
  const rfc8705 = read('rfc8705.json')
  test('RFC 8705: the thumbprint of its certificate', () => expect(sha256(Buffer.from(rfc8705.der_base64, 'base64'))).toBe(rfc8705.rfc_stated_x5tS256))
})

test('members named twice are seen at every depth, and only there', () => {
  for (const text of ['{"a":1,"a":2}', '{"a":{"b":1,"\\u0062":2}}', '{"a":[{"b":1,"b":1}]}']) expect(readObject(text)).toBeUndefined()
  for (const text of ['{"a":{"a":1},"b":["a","a"]}', '{"a":"\\"a\\":1,\\"a\\":2"}', '{}']) expect(readObject(text)).toBeDefined()
})
