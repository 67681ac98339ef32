import { createHash } from 'node:crypto'
import type { Server } from 'node:http'
import { createServer } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SliceTerminator } from '@everyhop/chain'
import { guard as nodeGuard } from './node.js'
import {
  BASE,
  boundToCertificate,
  certificateOf,
  CLIENT,
  honest,
  identity,
  options,
  pemOf,
  routed,
  SERVER,
  signed,
  surroundings,
  thumbprintOfCertificate,
} from './guard.testkit.js'
import { listen, sendOverTls, type Answer } from './wire.testkit.js'

/** A proxy ends the clients' TLS and shows a certificate of its own to the application. Here it has the server's pair. */
const PROXY = SERVER

const FORMATS: readonly (readonly [field: string, format: SliceTerminator['format'], value: string])[] = [
  ['Client-Cert', 'rfc9440', `:${certificateOf(CLIENT).toString('base64')}:`],
  ['X-Forwarded-Client-Cert', 'xfcc', `Hash=${createHash('sha256').update(certificateOf(CLIENT)).digest('hex')};Cert="${encodeURIComponent(pemOf(CLIENT))}"`],
  ['X-SSL-Client-Cert', 'escaped-pem', encodeURIComponent(pemOf(CLIENT))],
  ['X-Amzn-Mtls-Clientcert', 'escaped-pem', pemOf(CLIENT).replaceAll(/[^\w+=/.~-]/g, encodeURIComponent)],
  ['SSL-Client-Cert', 'folded-pem', pemOf(CLIENT).trim().replaceAll('\n', ' ')],
  ['X-ARR-ClientCert', 'base64-der', certificateOf(CLIENT).toString('base64')],
  ['X-Forwarded-Tls-Client-Cert', 'traefik', certificateOf(CLIENT).toString('base64')],
]

describe.each(FORMATS)('%s (%s)', (field, format, value) => {
  let server: Server
  beforeAll(async () => {
    const check = nodeGuard({
      base: BASE,
      issuer: [{ url: 'https://id.test', jwksUri: 'https://id.test/jwks' }],
      audience: BASE,
      routes: [{ path: '/orders/**', bindings: ['dpop', 'mtls'] }],
      terminators: [{ certificates: [thumbprintOfCertificate(PROXY)], field, format }],
      ...surroundings(),
      singleInstance: true,
    })
    server = createServer({ ...identity(SERVER), requestCert: true, rejectUnauthorized: false }, (request, response) => {
      void check(request, response).then((mayPass) => mayPass && response.end(`${request.proof?.binding} ${request.proof?.x5t}`))
    })
    await listen(server)
  })
  afterAll(() => void server.close())

  const bearer = (of = CLIENT) => `Authorization: Bearer ${boundToCertificate(of)}`
  const codeOf = ({ status, body }: Answer): unknown => (status === 200 ? body : (JSON.parse(body) as { code: string }).code)

  test('the proxy conveys the certificate that the token is bound to', async () => {
    expect(codeOf(await sendOverTls(server, { fields: [bearer(), `${field}: ${value}`] }, PROXY))).toBe(`mtls ${thumbprintOfCertificate(CLIENT)}`)
  })

  test('a token bound to the certificate of the proxy itself is not proven by its connection', async () => {
    expect(codeOf(await sendOverTls(server, { fields: [bearer(PROXY)] }, PROXY))).toBe('token.no-certificate')
    expect(codeOf(await sendOverTls(server, { fields: [bearer(PROXY), `${field}: ${value}`] }, PROXY))).toBe('token.other-certificate')
  })

  test('nobody else conveys anything: not a client with a certificate, not one without', async () => {
    const fields = [bearer(), `${field}: ${value}`]
    expect(codeOf(await sendOverTls(server, { fields }, CLIENT))).toBe('path.stray')
    expect(codeOf(await sendOverTls(server, { fields }))).toBe('path.stray')
  })

  test('twice, or under another spelling of the name', async () => {
    expect(codeOf(await sendOverTls(server, { fields: [bearer(), `${field}: ${value}`, `${field}: ${value}`] }, PROXY))).toBe('path.stray')
    expect(codeOf(await sendOverTls(server, { fields: [bearer(), `${field.replaceAll('-', '_')}: ${value}`] }, PROXY))).toBe('path.stray')
  })

  test('a client of the proxy without a certificate proves itself with DPoP', async () => {
    expect(codeOf(await sendOverTls(server, { fields: honest() }, PROXY))).toBe('dpop undefined')
  })
})

test('a slice names them too, and another slice puts others in force', async () => {
  const [[field, format, value]] = FORMATS as readonly [(typeof FORMATS)[number]]
  const slice = routed({ bindings: ['mtls'] })
  const check = nodeGuard(options(slice))
  const server = createServer({ ...identity(SERVER), requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void check(request, response).then((mayPass) => mayPass && response.end())
  })
  await listen(server)
  const line = { fields: [`Authorization: Bearer ${boundToCertificate(CLIENT)}`, `${field}: ${value}`] }
  const before = await sendOverTls(server, line, PROXY)
  check.reload(signed({ ...slice, terminators: [{ certificates: [thumbprintOfCertificate(PROXY)], field, format }] }))
  const after = await sendOverTls(server, line, PROXY)
  server.close()
  expect([before.status, after.status]).toEqual([403, 200])
})
