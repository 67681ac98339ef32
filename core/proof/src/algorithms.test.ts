import { createKeyPair } from './create-key-pair.js'
import { sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ALGORITHMS, suits } from './algorithms.js'
import { holds, signatureHolds, signatureHoldsAside, signCompact, type Signed } from './compact-jws.js'
import { askedAside, honest, ISSUER_KEYS, issuing, NOW, POLICY, proofWith, tokenWith, verdictOf } from './honest.testkit.js'
import type { Policy, ProofAlg, TokenAlg } from './policy.js'
import { importJwk, readProofKey, thumbprintOf } from './proof-key.js'
import { sha256 } from './thumbprint.js'

const PAIRS = {
  'P-256': createKeyPair('ec', { namedCurve: 'P-256' }),
  'P-384': createKeyPair('ec', { namedCurve: 'P-384' }),
  'P-521': createKeyPair('ec', { namedCurve: 'P-521' }),
  Ed25519: createKeyPair('ed25519'),
  RSA: createKeyPair('rsa', { modulusLength: 2_048 }),
} as const
type Kind = keyof typeof PAIRS
const KINDS = Object.keys(PAIRS) as Kind[]

const KIND_OF: Readonly<Record<TokenAlg, Kind>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  RS256: 'RSA',
}
const ALGS = Object.keys(KIND_OF) as TokenAlg[]
const PROOF_ALGS = ALGS.filter((alg): alg is ProofAlg => alg !== 'RS256')
const EVERY: Policy = issuing({ algs: new Set(ALGS) }, { ...POLICY, proofAlgs: new Set(PROOF_ALGS) })

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, unknown>

/** A request that proves a key of one kind, by a proof whose header is changed after signing where `alg` is not one of the key. */
function provenBy(kind: Kind, alg: string) {
  const { privateKey, publicKey } = PAIRS[kind]
  const token = tokenWith({ cnf: { jkt: thumbprintOf(publicKey) } })
  const proof = proofWith({ ath: sha256(token) }, { jwk: jwkOf(publicKey), alg }, privateKey)
  const [head = '', ...rest] = proof.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const said = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')
  return honest({ authorization: [`DPoP ${token}`], dpop: [[header.alg === alg ? head : said, ...rest].join('.')] })
}

test('the table holds every algorithm of the policy and no other', () => expect([...ALGORITHMS.keys()].toSorted()).toEqual(ALGS.toSorted()))

describe('each algorithm with the key it needs, and with no other', () => {
  for (const alg of PROOF_ALGS) {
    for (const kind of KINDS) {
      const expected = KIND_OF[alg] === kind ? 'allow' : 'proof.key'
      test(`a proof by ${alg} and a key of ${kind}: ${expected}`, () => expect(verdictOf(provenBy(kind, alg), EVERY)).toBe(expected))
    }
  }
  test('RS256 is for tokens, and for no proof', () => expect(verdictOf(provenBy('RSA', 'RS256'), EVERY)).toBe('proof.alg'))
  for (const alg of ['es256', 'ES256K', 'HS256', 'none', 'RS384', 'Ed448', '__proto__', '']) {
    test(`${alg || 'an empty name'} is no algorithm`, () => {
      expect(verdictOf(provenBy('P-256', alg), EVERY)).toBe('proof.alg')
      expect(KINDS.some((kind) => suits(PAIRS[kind].publicKey, alg))).toBe(false)
    })
  }
  for (const alg of ALGS) {
    for (const kind of KINDS) {
      const expected = KIND_OF[alg] === kind
      test(`a token by ${alg} and a key of ${kind} is ${expected ? 'believed' : 'refused'}`, () => {
        const token = tokenWith({}, { alg }, PAIRS[KIND_OF[alg]].privateKey)
        const evidence = honest({ authorization: [`DPoP ${token}`], dpop: [proofWith({ ath: sha256(token) })] })
        const keys = { ...ISSUER_KEYS, find: () => PAIRS[kind].publicKey }
        expect(verdictOf(evidence, EVERY, keys)).toBe(expected ? 'allow' : 'token.signature')
      })
    }
  }
})

describe('one signature, one form', () => {
  const { privateKey, publicKey } = PAIRS['P-384']
  const input = 'signed'
  test('DER is not what JWS has', () => expect(signatureHolds('ES384', publicKey, input, sign('sha384', Buffer.from(input), privateKey))).toBe(false))
  test('the salt of PS256 is as long as its hash', () => {
    const { privateKey: key, publicKey: verifier } = PAIRS.RSA
    const salted = (saltLength: number) => sign('sha256', Buffer.from(input), { key, padding: 6, saltLength })
    expect([32, 20, 64].map((length) => signatureHolds('PS256', verifier, input, salted(length)))).toEqual([true, false, false])
  })
  test('a signature that is cut or continued', () => {
    const signature = sign('sha384', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const forms = [signature, signature.subarray(0, 95), Buffer.concat([signature, Buffer.alloc(1)]), Buffer.alloc(96)]
    expect(forms.map((form) => signatureHolds('ES384', publicKey, input, form))).toEqual([true, false, false, false])
  })
  test('a key of no algorithm known here signs nothing', () => {
    const { privateKey: foreign } = createKeyPair('ec', { namedCurve: 'secp256k1' })
    expect(() => signCompact({}, { iat: NOW }, foreign)).toThrow(TypeError)
    expect(() => thumbprintOf(foreign)).toThrow(TypeError)
  })
})

/** A modulus of so many bits: no real one, but of the right form. */
function modulus(bits: number, last = 1): string {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xa5)
  bytes[0] = 1 << ((bits - 1) % 8)
  bytes[bytes.length - 1] = last
  return bytes.toString('base64url')
}
const RSA = { kty: 'RSA', n: modulus(2_048), e: 'AQAB' }
const EC = Object.fromEntries((['P-256', 'P-384', 'P-521'] as const).map((crv) => [crv, jwkOf(PAIRS[crv].publicKey)]))
const ED = jwkOf(PAIRS.Ed25519.publicKey)
const withoutZeros = (value: unknown) => Buffer.from(String(value), 'base64url').subarray(1).toString('base64url')

/** In hex, the lowest byte first: y of 0, 1, -1, the two of order 8, and p and p + 1, which are 0 and 1 again. */
const ANYBODYS = [
  `00${'00'.repeat(31)}`,
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]

describe("an Ed25519 key under which anybody can sign is nobody's", () => {
  for (const hex of ANYBODYS) {
    for (const sign of [0, 0x80]) {
      const bytes = Buffer.from(hex, 'hex')
      bytes[31]! |= sign
      test(`${hex.slice(0, 8)}… with sign ${sign >> 7}`, () => {
        expect(readProofKey({ ...ED, x: bytes.toString('base64url') })).toBe('proof.key')
      })
    }
  }
  test('the greatest y that there is may be a key', () => {
    expect(readProofKey({ ...ED, x: Buffer.from(`eb${'ff'.repeat(30)}7f`, 'hex').toString('base64url') })).toMatchObject({ kty: 'OKP' })
  })
})

describe('a key has one spelling', () => {
  const wellFormed = {
    RSA,
    ...EC,
    Ed25519: ED,
    'RSA of 8192 bits': { ...RSA, n: modulus(8_192) },
    'e of 3': { ...RSA, e: 'Aw' },
    'e of 4 bytes': { ...RSA, e: '_____w' },
  }
  for (const [what, jwk] of Object.entries(wellFormed)) {
    test(`${what} is read, with what says that it verifies`, () => {
      expect(readProofKey({ ...jwk, use: 'sig', key_ops: ['verify'], kid: 'any' })).toMatchObject({ kty: jwk['kty'] })
    })
  }
  const defects: readonly (readonly [what: string, jwk: Record<string, unknown>])[] = [
    ['RSA of 2047 bits', { ...RSA, n: modulus(2_047) }],
    ['RSA of 8193 bits', { ...RSA, n: modulus(8_193) }],
    ['an even modulus', { ...RSA, n: modulus(2_048, 2) }],
    ['a modulus with a zero byte in front', { ...RSA, n: Buffer.concat([Buffer.alloc(1), Buffer.from(RSA.n, 'base64url')]).toString('base64url') }],
    ['a modulus with padding', { ...RSA, n: `${RSA.n}=` }],
    ['a modulus with stray bits', { ...RSA, n: `${RSA.n.slice(0, -1)}R` }],
    ['a modulus in plain base64', { ...RSA, n: Buffer.alloc(256, 0xff).toString('base64') }],
    ['no modulus', { ...RSA, n: undefined }],
    ['an empty modulus', { ...RSA, n: '' }],
    ['e of 1', { ...RSA, e: 'AQ' }],
    ['an even e', { ...RSA, e: 'BA' }],
    ['e of zero', { ...RSA, e: 'AA' }],
    ['e with a zero byte in front', { ...RSA, e: 'AAEAAQ' }],
    ['e of five bytes', { ...RSA, e: Buffer.from([1, 0, 0, 0, 1]).toString('base64url') }],
    ['e as number', { ...RSA, e: 65_537 }],
    ...Object.entries(EC).flatMap(([crv, jwk]) =>
      ['x', 'y'].flatMap((member): [string, Record<string, unknown>][] => [
        [`${member} of ${crv} one byte short`, { ...jwk, [member]: withoutZeros(jwk[member]) }],
        [
          `${member} of ${crv} one byte long`,
          { ...jwk, [member]: Buffer.concat([Buffer.alloc(1), Buffer.from(String(jwk[member]), 'base64url')]).toString('base64url') },
        ],
        [`${member} of ${crv} with padding`, { ...jwk, [member]: `${String(jwk[member])}=` }],
        [`no ${member} of ${crv}`, { ...jwk, [member]: undefined }],
      ]),
    ),
    ['x of P-256 with stray bits', { ...EC['P-256'], x: `${'A'.repeat(42)}B` }],
    ['a point of P-384 on P-256', { ...EC['P-384'], crv: 'P-256' }],
    ['secp256k1', { ...EC['P-256'], crv: 'secp256k1' }],
    ['the curve in another case', { ...EC['P-256'], crv: 'p-256' }],
    ['Ed25519 one byte short', { ...ED, x: withoutZeros(ED['x']) }],
    ['Ed448', { ...ED, crv: 'Ed448' }],
    ['X25519', { ...ED, crv: 'X25519' }],
    ['Ed25519 as EC', { ...ED, kty: 'EC' }],
    ['P-256 as OKP', { ...EC['P-256'], kty: 'OKP' }],
    ['P-256 as RSA', { ...EC['P-256'], kty: 'RSA' }],
    ['RSA as EC', { ...RSA, kty: 'EC' }],
    ['x in a list', { ...EC['P-256'], x: [EC['P-256']?.['x']] }],
    ['y in a list', { ...EC['P-256'], y: [EC['P-256']?.['y']] }],
    ['x of Ed25519 in a list', { ...ED, x: [ED['x']] }],
    ['n in a list', { ...RSA, n: [RSA.n] }],
    ['n as number', { ...RSA, n: 7 }],
    ['e in a list', { ...RSA, e: [RSA.e] }],
    ['no kty', { ...RSA, kty: undefined }],
    ['kty in another case', { ...RSA, kty: 'rsa' }],
    ['a key for encryption', { ...EC['P-256'], use: 'enc' }],
    ['a key for signing alone', { ...EC['P-256'], key_ops: ['sign'] }],
    ['operations that are no list', { ...EC['P-256'], key_ops: 'verify' }],
  ]
  for (const [what, jwk] of defects) test(`${what} is refused`, () => expect(readProofKey(jwk)).toBe('proof.key'))
  for (const member of ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv']) {
    test(`${member} is a secret`, () => expect(readProofKey({ ...RSA, [member]: 'AA' })).toBe('proof.private-key'))
  }
  test('a symmetric key is one, without its k too', () => expect(readProofKey({ kty: 'oct' })).toBe('proof.private-key'))
  test('a point beside the curve is not imported', () => {
    for (const [crv, length] of [
      ['P-256', 43],
      ['P-384', 64],
      ['P-521', 88],
    ] as const) {
      const read = readProofKey({ kty: 'EC', crv, x: 'A'.repeat(length), y: 'A'.repeat(length) })
      expect(typeof read === 'string' ? read : importJwk(read)).toBeUndefined()
    }
  })
  test('keys of an issuer are held to the same sizes', () => {
    const { publicKey } = createKeyPair('rsa', { modulusLength: 1_024 })
    const weak = createKeyPair('rsa-pss', { modulusLength: 2_048 }).publicKey
    expect([publicKey, weak].map((key) => suits(key, 'PS256'))).toEqual([false, false])
  })
})

test('all of it the same with signatures verified on other threads', async () => {
  const { here, aside } = await askedAside()
  expect(here.length).toBeGreaterThan(20)
  expect(aside).toEqual(here)
})

describe('a signature as data: on another thread the same, and never an exception', () => {
  const input = 'header.payload'
  for (const alg of ALGS) {
    const { privateKey, publicKey } = PAIRS[KIND_OF[alg]]
    const { hash, options } = ALGORITHMS.get(alg)!
    const signature = sign(hash, Buffer.from(input), { key: privateKey, ...options })
    const good: Signed = { alg, key: publicKey, input, signature }
    const other = PAIRS[KIND_OF[alg] === 'RSA' ? 'Ed25519' : 'RSA'].publicKey
    const spoiled: Readonly<Record<string, Signed>> = {
      'another input': { ...good, input: `${input}.` },
      'another key': { ...good, key: other },
      'a private key': { ...good, key: privateKey },
      'another algorithm': { ...good, alg: alg === 'ES256' ? 'ES384' : 'ES256' },
      'no algorithm': { ...good, alg: 'none' },
      'no signature': { ...good, signature: Buffer.alloc(0) },
      'only zeros': { ...good, signature: Buffer.alloc(signature.length) },
      'a byte too few': { ...good, signature: signature.subarray(1) },
      'one bit': { ...good, signature: Buffer.from(signature.map((byte, at) => (at === 9 ? byte ^ 1 : byte))) },
      'a key that is none': {
        ...good,
        key: { asymmetricKeyType: publicKey.asymmetricKeyType, asymmetricKeyDetails: publicKey.asymmetricKeyDetails } as KeyObject,
      },
    }
    test(`${alg} holds`, async () => expect([holds(good), await signatureHoldsAside(good)]).toEqual([true, true]))
    for (const [what, one] of Object.entries(spoiled)) {
      // A private key has its public one in it: OpenSSL takes either.
      const expected = what === 'a private key'
      test(`${alg}, ${what}`, async () => expect([holds(one), await signatureHoldsAside(one)]).toEqual([expected, expected]))
    }
  }
})
