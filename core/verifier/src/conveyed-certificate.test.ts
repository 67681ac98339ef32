import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLIENT_DER, CLIENT_PEM, PROXY_DER, PROXY_PEM } from './certificates.testkit.js'
import { readConveyed, type ConveyedFormat } from './conveyed-certificate.js'

const BASE64 = CLIENT_DER.toString('base64')
const OTHER = PROXY_DER.toString('base64')
const HASH = createHash('sha256').update(CLIENT_DER).digest('hex')
const ESCAPED = encodeURIComponent(CLIENT_PEM)
/** As AWS writes it: `+`, `=` and `/` stay. */
const HALF_ESCAPED = CLIENT_PEM.replaceAll(/[^\w.~+=/-]/g, (character) => encodeURIComponent(character))
const folded = (by: string) => CLIENT_PEM.trim().replaceAll('\n', by)

const READ: readonly (readonly [what: string, format: ConveyedFormat, value: string])[] = [
  ['RFC 9440', 'rfc9440', `:${BASE64}:`],
  ['nginx', 'escaped-pem', ESCAPED],
  ['nginx, escapes in lower case', 'escaped-pem', ESCAPED.replaceAll(/%../g, (escape) => escape.toLowerCase())],
  ['nginx, no last line end', 'escaped-pem', encodeURIComponent(CLIENT_PEM.trim())],
  ['lines that end in CR LF', 'escaped-pem', encodeURIComponent(CLIENT_PEM.replaceAll('\n', '\r\n'))],
  ['AWS', 'escaped-pem', HALF_ESCAPED],
  ["AWS with the client's chain", 'escaped-pem', HALF_ESCAPED + encodeURIComponent(PROXY_PEM)],
  ['Apache', 'folded-pem', folded(' ')],
  ['nginx of old', 'folded-pem', folded('\t')],
  ['HAProxy, Caddy, Azure', 'base64-der', BASE64],
  ['Traefik 3', 'traefik', BASE64],
  ['Traefik 3 with a chain', 'traefik', `${BASE64},${OTHER}`],
  ['Traefik 2', 'traefik', encodeURIComponent(BASE64)],
  ['Traefik 2 with a chain', 'traefik', encodeURIComponent(`${BASE64},${OTHER}`)],
  ['Envoy', 'xfcc', `Cert="${ESCAPED}"`],
  ['Envoy with all it can say', 'xfcc', `By=spiffe://a/b;Hash=${HASH};Cert="${ESCAPED}";Subject="CN=a,O=\\"b;c\\"";URI=spiffe://c/d;DNS=x;DNS=y`],
  ['Envoy with a hash in capitals', 'xfcc', `Hash=${HASH.toUpperCase()};Cert="${ESCAPED}"`],
  ['Envoy behind Envoy: the last element is its own', 'xfcc', `Cert="${encodeURIComponent(PROXY_PEM)}",By=spiffe://a/b;Cert="${ESCAPED}"`],
]

describe('reads', () => {
  for (const [what, format, value] of READ) {
    test(`${what} (${format})`, () => {
      expect(readConveyed(value, format)).toEqual(CLIENT_DER)
    })
  }
})

const REFUSED: readonly (readonly [what: string, format: ConveyedFormat, value: string])[] = [
  ['no colons', 'rfc9440', BASE64],
  ['two of RFC 9440, joined', 'rfc9440', `:${BASE64}:, :${BASE64}:`],
  ['base64url', 'rfc9440', `:${CLIENT_DER.toString('base64url')}:`],
  ['something behind the certificate', 'rfc9440', `:${Buffer.concat([CLIENT_DER, Buffer.of(0)]).toString('base64')}:`],
  ['no certificate', 'rfc9440', `:${Buffer.alloc(300, 1).toString('base64')}:`],
  ['bare PEM where it is escaped', 'escaped-pem', folded(' ')],
  ['a plus that became a space', 'escaped-pem', ESCAPED.replaceAll('%2B', '+').replaceAll('+', '%20')],
  ['half an escape', 'escaped-pem', `${ESCAPED}%0`],
  ['escaped twice', 'escaped-pem', encodeURIComponent(ESCAPED)],
  ['text before it', 'escaped-pem', `x${ESCAPED}`],
  ['text behind it', 'escaped-pem', `${ESCAPED}x`],
  ['text between two', 'escaped-pem', `${ESCAPED}x${ESCAPED}`],
  ['a private key beside it', 'escaped-pem', encodeURIComponent(`${CLIENT_PEM}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`)],
  ['another label', 'escaped-pem', ESCAPED.replaceAll('CERTIFICATE', 'TRUSTED%20CERTIFICATE')],
  ['no foot', 'escaped-pem', encodeURIComponent(CLIENT_PEM.split('-----END')[0]!)],
  ['eleven blocks', 'escaped-pem', encodeURIComponent(CLIENT_PEM.repeat(11))],
  ['what Apache writes where there is none', 'folded-pem', '(null)'],
  ['two, joined by a comma', 'folded-pem', `${folded(' ')}, ${folded(' ')}`],
  ['its padding gone', 'base64-der', BASE64.replaceAll('=', '')],
  ['two, joined', 'base64-der', `${BASE64}, ${BASE64}`],
  ['a line end in it', 'base64-der', `${BASE64.slice(0, 64)}\n${BASE64.slice(64)}`],
  ['a list that begins with nothing', 'traefik', `,${BASE64}`],
  ['two fields, joined', 'traefik', `${BASE64}, ${OTHER}`],
  ['a frame', 'traefik', ESCAPED],
  ['more than all fields together may have', 'traefik', `${BASE64},`.padEnd(16_385, 'A')],
  ['no certificate in it', 'xfcc', `By=spiffe://a/b;Hash=${HASH}`],
  ['a certificate in an earlier element only', 'xfcc', `Cert="${ESCAPED}",Hash=${HASH}`],
  ['the hash of another', 'xfcc', `Hash=${'0'.repeat(64)};Cert="${ESCAPED}"`],
  ['two certificates in one element', 'xfcc', `Cert="${ESCAPED}";Cert="${ESCAPED}"`],
  ['a quote that never closes', 'xfcc', `Cert="${ESCAPED}`],
  ['a certificate inside a quoted subject', 'xfcc', `Subject="a,Cert=${ESCAPED}"`],
  ['an element of nothing at the end', 'xfcc', `Cert="${ESCAPED}",`],
  ['a chain in place of the certificate', 'xfcc', `Chain="${ESCAPED}"`],
  ['nothing', 'base64-der', ''],
]

describe('refuses', () => {
  for (const [what, format, value] of REFUSED) {
    test(`${what} (${format})`, () => {
      expect(readConveyed(value, format)).toBeUndefined()
    })
  }

  const FORMATS: readonly ConveyedFormat[] = ['rfc9440', 'xfcc', 'escaped-pem', 'folded-pem', 'base64-der', 'traefik']
  test.each(FORMATS)('long, repetitive values (%s), in time that grows with their length', (format) => {
    for (const piece of ['"', '\\', '\\"', ',', ';', 'Cert="', '-----', '-----BEGIN CERTIFICATE-----', '%2', '%0A', 'A', ':', '=', ' ']) {
      expect(readConveyed(piece.repeat(Math.floor(16_384 / piece.length)), format)).toBeUndefined()
    }
  })
})

test('whatever a value is spoiled to, it throws nothing and gives nothing but whole certificates', () => {
  const spoiled = fc.tuple(fc.constantFrom(...READ), fc.nat(), fc.string({ maxLength: 3, unit: 'binary-ascii' }), fc.nat(3))
  fc.assert(
    fc.property(spoiled, ([[, format, value], place, inserted, removed]) => {
      const at = place % value.length
      const read = readConveyed(value.slice(0, at) + inserted + value.slice(at + removed), format)
      return read === undefined || new X509Certificate(read).raw.equals(read)
    }),
    { numRuns: 2_000 },
  )
})
