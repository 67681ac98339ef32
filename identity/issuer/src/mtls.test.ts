import { createHash, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askTls, certify, type Certified } from './certificates.testkit.js'
import { subjectOf } from './certificate.js'
import { ConfigError, createIssuer, type RunningIssuer } from './index.js'
import { assertion, chainAt, client, holder, ORDERS, part, proof, type Holder } from './issuer.testkit.js'

const URL_ = 'https://id.example.com'
const mtls = { binding: ['mtls'] } as const
const chain = chainAt(URL_, { clients: [client('named', mtls), client('pinned', mtls), client('keyed', mtls), client('dual', { binding: ['dpop', 'mtls'] })] })

let issuer: RunningIssuer
let ca: Certified, otherCa: Certified, named: Certified, sameName: Certified, otherName: Certified, pinned: Certified, key: Holder
beforeAll(async () => {
  ca = await certify('CN=Test CA', undefined, { isCa: true })
  otherCa = await certify('CN=Test CA', undefined, { isCa: true })
  const server = await certify('CN=id.example.com', ca, { dns: 'id.example.com' })
  named = await certify('CN=named, O=Orders', ca)
  sameName = await certify('CN=named, O=Orders', otherCa)
  otherName = await certify('CN=other, O=Orders', ca)
  pinned = await certify('CN=pinned')
  key = await holder()
  const jwks = { keys: [key.jwk] }
  issuer = await createIssuer({
    chain,
    clients: [
      { clientId: 'named', subject: subjectOf(new X509Certificate(named.cert)) },
      { clientId: 'pinned', certificate: pinned.cert },
      { clientId: 'keyed', jwks },
      { clientId: 'dual', jwks },
    ],
    tls: { key: server.key, cert: server.cert, ca: ca.cert },
    port: 0,
  })
})
afterAll(() => issuer.close())

const x5t = ({ cert }: Certified) => createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')
const ask = (as: Certified | undefined, form: Record<string, string>, headers: Record<string, string> = {}) =>
  askTls({ port: issuer.port, ca: ca.cert, path: '/token', as, headers, form: { grant_type: 'client_credentials', resource: ORDERS, ...form } })
const asserted = async (id: string) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: await assertion(URL_, id, key),
})
const boundTo = (body: Record<string, unknown>) => part(body['access_token'], 1).cnf

test('tls_client_auth: the token is bound to the certificate of the connection', async () => {
  const { status, body, headers } = await ask(named, { client_id: 'named' })
  expect([status, body['token_type']]).toEqual([200, 'Bearer'])
  expect(boundTo(body)).toEqual({ 'x5t#S256': x5t(named) })
  expect(headers['strict-transport-security']).toBeDefined()
})

test('tls_client_auth: same subject by another CA, another subject, and no certificate are refused', async () => {
  expect((await ask(sameName, { client_id: 'named' })).status).toBe(401)
  expect((await ask(otherName, { client_id: 'named' })).status).toBe(401)
  expect((await ask(undefined, { client_id: 'named' })).status).toBe(401)
})

test('self_signed_tls_client_auth: the registered certificate only', async () => {
  expect(boundTo((await ask(pinned, { client_id: 'pinned' })).body)).toEqual({ 'x5t#S256': x5t(pinned) })
  expect((await ask(named, { client_id: 'pinned' })).status).toBe(401)
  expect((await ask(await certify('CN=pinned'), { client_id: 'pinned' })).status).toBe(401)
})

test('private_key_jwt with an mTLS-bound token: bound to the certificate, and refused without one', async () => {
  const { body } = await ask(pinned, await asserted('keyed'))
  expect(boundTo(body)).toEqual({ 'x5t#S256': x5t(pinned) })
  const without = await ask(undefined, await asserted('keyed'))
  expect([without.status, without.body['access_token']]).toEqual([400, undefined])
})

test('a certificate in a header is nobody', async () => {
  const pem = encodeURIComponent(named.cert)
  const der = `:${new X509Certificate(named.cert).raw.toString('base64')}:`
  const headers = {
    'Client-Cert': der,
    'X-Client-Cert': pem,
    'X-SSL-Client-Cert': pem,
    'SSL-Client-Verify': 'SUCCESS',
    'X-Forwarded-Client-Cert': `Cert="${pem}"`,
  }
  expect((await ask(undefined, { client_id: 'named' }, headers)).status).toBe(401)
  expect((await ask(undefined, await asserted('keyed'), headers)).status).toBe(400)
})

test('dual binding: both members, and refused with either alone', async () => {
  const DPoP = () => proof(key, `${URL_}/token`)
  const both = await ask(pinned, await asserted('dual'), { DPoP: await DPoP() })
  expect(boundTo(both.body)).toEqual({ jkt: key.jkt, 'x5t#S256': x5t(pinned) })
  expect((await ask(pinned, await asserted('dual'))).status).toBe(400)
  expect((await ask(undefined, await asserted('dual'), { DPoP: await DPoP() })).status).toBe(400)
})

test('metadata tells of mTLS', async () => {
  const { body } = await askTls({ port: issuer.port, ca: ca.cert, path: '/.well-known/oauth-authorization-server' })
  expect(body['tls_client_certificate_bound_access_tokens']).toBe(true)
  expect(body['token_endpoint_auth_methods_supported']).toEqual(['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'])
})

test('start-up refuses mTLS clients without TLS, and clients by subject without a CA', async () => {
  const start = (more: object) => createIssuer({ chain, clients: [{ clientId: 'named', subject: 'CN=named' }], port: 0, ...more })
  await expect(start({})).rejects.toThrow(ConfigError)
  await expect(start({ tls: { key: named.key, cert: named.cert } })).rejects.toMatchObject({ code: 'config.tls-ca' })
})
