import { createKeyPair } from './create-key-pair.js'
import { verify, constants, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { credentialsOf, endpointFor } from './client-credentials.js'
import { decode } from './jose.js'
import type { ClientAuth, RunnerClient } from './runner-client.js'

const client = (auth?: ClientAuth): RunnerClient => ({ clientId: 'can ary', ...(auth && { auth }), origins: new Set() })
const ask = (auth?: ClientAuth) => credentialsOf(client(auth), 'https://id.example', 1_000)

test('a secret stands in the header, form-encoded (RFC 6749 section 2.3.1), or in the body', () => {
  const secret = 'a:b+c %'
  expect(ask({ by: 'secret', secret, in: 'header' })).toEqual({
    fields: [['Authorization', `Basic ${Buffer.from('can+ary:a%3Ab%2Bc+%25').toString('base64')}`]],
    form: {},
  })
  expect(ask({ by: 'secret', secret, in: 'body' })).toEqual({ fields: [], form: { client_id: 'can ary', client_secret: secret } })
})

test('a certificate, or no way at all: the name alone', () => {
  for (const auth of [{ by: 'certificate' } as const, undefined]) expect(ask(auth)).toEqual({ fields: [], form: { client_id: 'can ary' } })
})

describe('an assertion is signed as the key says, and says for whom it is (RFC 7523)', () => {
  const rsa = createKeyPair('rsa', { modulusLength: 2048 })
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const ieee = { dsaEncoding: 'ieee-p1363' } as const
  type Row = readonly [alg: string, keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }, digest: string | null, how: object, named?: string]
  for (const [alg, { privateKey, publicKey }, digest, how, named] of [
    ['ES256', createKeyPair('ec', { namedCurve: 'P-256' }), 'sha256', ieee],
    ['ES384', createKeyPair('ec', { namedCurve: 'P-384' }), 'sha384', ieee],
    ['EdDSA', createKeyPair('ed25519'), null, {}],
    ['PS256', rsa, 'sha256', pss],
    ['RS256', rsa, 'sha256', {}, 'RS256'],
  ] satisfies readonly Row[] as readonly Row[]) {
    test(alg, () => {
      const { form } = ask({ by: 'key', key: privateKey, kid: 'one', ...(named === undefined ? {} : { alg: named }) })
      const jws = form['client_assertion'] ?? ''
      const [head, body, signature = ''] = jws.split('.')
      expect(decode(jws)).toMatchObject({ header: { alg, kid: 'one' }, claims: { iss: 'can ary', sub: 'can ary', aud: 'https://id.example', exp: 1_060 } })
      expect(verify(digest, Buffer.from(`${head}.${body}`), { key: publicKey, ...how }, Buffer.from(signature, 'base64url'))).toBe(true)
    })
  }

  test('for the audience that the runner file names', () => {
    const { privateKey: key } = createKeyPair('ed25519')
    const { form } = ask({ by: 'key', key, audience: 'https://id.example/token' })
    expect(decode(form['client_assertion'] ?? '').claims['aud']).toBe('https://id.example/token')
  })
})

test('who authenticates with a certificate asks where certificates are asked for (RFC 8705 section 5)', () => {
  const metadata = { token_endpoint: 'https://id.example/t', mtls_endpoint_aliases: { token_endpoint: 'https://mtls.id.example/t' } }
  expect(endpointFor(client({ by: 'certificate' }), metadata, 'token_endpoint')).toBe('https://mtls.id.example/t')
  expect(endpointFor(client({ by: 'secret', secret: 'x', in: 'body' }), metadata, 'token_endpoint')).toBe('https://id.example/t')
  expect(endpointFor(client({ by: 'certificate' }), metadata, 'revocation_endpoint')).toBeUndefined()
  expect(endpointFor(client(), { token_endpoint: 'nowhere' }, 'token_endpoint')).toBeUndefined()
})
