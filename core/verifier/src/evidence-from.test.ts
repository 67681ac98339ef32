import type { SliceTerminator } from '@everyhop/chain'
import { sha256 } from '@everyhop/proof'
import { describe, expect, test } from 'vitest'
import { CLIENT_DER, PROXY_DER } from './certificates.testkit.js'
import { evidenceFrom } from './evidence-from.js'
import { isSensitiveAlias } from './sensitive-field.js'
import { compileTerminators } from './terminators.js'

const CONVEYED = CLIENT_DER.toString('base64')
const PROXY: SliceTerminator = {
  certificates: [sha256(PROXY_DER)],
  field: 'X-SSL-Client-Cert',
  format: 'base64-der',
  alsoSets: ['X-SSL-Client-Verify'],
}
const compiled = (terminator: SliceTerminator = PROXY) => compileTerminators({ terminators: [terminator], routes: [] })
const seen = (rawHeaders: readonly string[], certificate: Uint8Array | undefined = PROXY_DER, terminators = compiled()) =>
  evidenceFrom({ method: 'GET', target: '/', rawHeaders, terminators, ...(certificate === undefined ? {} : { certificate }) })

describe('a terminator at the other end', () => {
  test('what it conveys is the client’s certificate', () => {
    const { certificate, hop } = seen(['x-ssl-client-cert', CONVEYED, 'X-SSL-Client-Verify', 'SUCCESS'])
    expect([certificate, hop.aliases]).toEqual([CLIENT_DER, []])
  })

  test('its own certificate is never the client’s', () => {
    expect(seen([]).certificate).toBeUndefined()
    expect(seen(['x-ssl-client-cert', '']).certificate).toBeUndefined()
  })

  test('its own address is never the client’s', () => {
    const from = (certificate: Uint8Array) =>
      evidenceFrom({ method: 'GET', target: '/', rawHeaders: [], certificate, peer: '10.0.0.1', terminators: compiled() }).peer
    expect([from(PROXY_DER), from(CLIENT_DER)]).toEqual([undefined, '10.0.0.1'])
  })

  const STRAY: readonly (readonly [what: string, rawHeaders: readonly string[]])[] = [
    ['two values', ['x-ssl-client-cert', CONVEYED, 'X-SSL-Client-Cert', CONVEYED]],
    ['an empty value and another', ['x-ssl-client-cert', '', 'X-SSL-Client-Cert', CONVEYED]],
    ['another spelling than its own', ['x-ssl-client-cert', `:${CONVEYED}:`]],
    ['the name with an underscore', ['x_ssl_client_cert', CONVEYED]],
    ['both names', ['x-ssl-client-cert', CONVEYED, 'x_ssl_client_cert', CONVEYED]],
    ['another field of that kind', ['x-ssl-client-cert', CONVEYED, 'X-Client-Cert', CONVEYED]],
    ['an identity', ['x-ssl-client-cert', CONVEYED, 'X-Forwarded-User', 'root']],
  ]
  test.each(STRAY)('%s is a stray field', (_, rawHeaders) => {
    expect(seen(rawHeaders).hop.aliases).not.toEqual([])
  })

  test('a field with a name of its own is a stray one where it cannot be read', () => {
    const own = compiled({ ...PROXY, field: 'Company-Client', alsoSets: [] })
    expect(seen(['Company-Client', CONVEYED], PROXY_DER, own)).toMatchObject({ certificate: CLIENT_DER, hop: { aliases: [] } })
    expect(seen(['Company-Client', 'x'], PROXY_DER, own).hop.aliases).toEqual(['company-client'])
  })

  test('some write RFC 9440 under a name of their own', () => {
    const gcp = compiled({ ...PROXY, field: 'X-Client-Cert-Leaf', format: 'rfc9440' })
    expect(seen(['X-Client-Cert-Leaf', `:${CONVEYED}:`], PROXY_DER, gcp)).toMatchObject({ certificate: CLIENT_DER, hop: { aliases: [] } })
  })

  test('Client-Cert is believed from it, and is a hop’s field from everybody else', () => {
    const ttrp = compiled({ ...PROXY, field: 'Client-Cert', format: 'rfc9440' })
    const field = ['Client-Cert', `:${CONVEYED}:`]
    expect(seen(field, PROXY_DER, ttrp)).toMatchObject({ certificate: CLIENT_DER, hop: { clientCert: [] } })
    expect(seen(field, CLIENT_DER, ttrp)).toMatchObject({ certificate: CLIENT_DER, hop: { clientCert: [`:${CONVEYED}:`] } })
  })
})

test('from anybody else the field is a stray one, with a certificate or without', () => {
  for (const certificate of [CLIENT_DER, undefined]) {
    const { certificate: found, hop } = evidenceFrom({
      method: 'GET',
      target: '/',
      rawHeaders: ['x-ssl-client-cert', CONVEYED],
      terminators: compiled(),
      ...(certificate === undefined ? {} : { certificate }),
    })
    expect([found, hop.aliases]).toEqual([certificate, ['x-ssl-client-cert']])
  }
})

describe('what stops the start', () => {
  const WRONG: readonly (readonly [what: string, terminator: SliceTerminator])[] = [
    ['an unknown format', { ...PROXY, format: 'pem' as never }],
    ['a field that is none', { ...PROXY, field: 'a b' }],
    ['Client-Cert in another format', { ...PROXY, field: 'Client-Cert' }],
    ['no certificate', { ...PROXY, certificates: [] }],
    ['a fingerprint of another kind', { ...PROXY, certificates: ['AB:CD'] }],
    ['a certificate twice', { ...PROXY, certificates: [sha256(PROXY_DER), sha256(PROXY_DER)] }],
    ['the conveying field among the others', { ...PROXY, alsoSets: ['x-ssl-client-cert'] }],
  ]
  test.each(WRONG)('%s', (_, terminator) => {
    expect(() => compiled(terminator)).toThrow(expect.objectContaining({ code: 'config.terminator' }))
  })

  test('an attested route beside it', () => {
    const routes = [{ pattern: '/**', clients: 'any', bindings: ['mtls'], audience: ['a'], via: [['edge']], mode: 'attested', body: 'uncovered' }] as const
    expect(() => compileTerminators({ terminators: [PROXY], routes })).toThrow(expect.objectContaining({ code: 'config.terminator' }))
  })
})

test('every name under which a known proxy conveys a certificate is a sensitive one', () => {
  const names = ['X-Forwarded-Client-Cert', 'X-SSL-Client-Cert', 'X-Forwarded-Tls-Client-Cert', 'X-Amzn-Mtls-Clientcert', 'X-Amzn-Mtls-Clientcert-Leaf']
  const more = ['X-ARR-ClientCert', 'SSL_CLIENT_CERT', 'Cf-Client-Cert-Der-Base64', 'X-Client-Cert', 'X-Mtls-Cert', 'X-Peer-Certificate']
  expect([...names, ...more].filter((name) => !isSensitiveAlias(name))).toEqual([])
})

describe('a request that names no one resource', () => {
  const targetOf = (rawHeaders: readonly string[], method = 'GET') => evidenceFrom({ method, target: '/a', rawHeaders }).target

  test('has two hosts, even the same one twice', () => {
    expect(targetOf(['Host', 'a.example', 'host', 'a.example'])).toBe('')
    expect([targetOf(['Host', 'a.example']), targetOf([])]).toEqual(['/a', '/a'])
  })

  test('asks with TRACE for what it sent', () => {
    expect([targetOf([], 'TRACE'), targetOf([], 'trace'), targetOf([], 'OPTIONS')]).toEqual(['', '/a', '/a'])
  })
})
