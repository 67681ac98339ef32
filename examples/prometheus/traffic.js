import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

/** An issuer that publishes one key, and a client that it gave a token: enough to see the metrics move. */

const { BASE = 'http://127.0.0.1:8080', ISSUER_PORT = '9000' } = process.env
const issuerUrl = `http://127.0.0.1:${ISSUER_PORT}`
const [issuer, client] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))

const jwkOf = ({ publicKey }) => publicKey.export({ format: 'jwk' })
const sha256 = (text) => createHash('sha256').update(text).digest('base64url')
const thumbprintOf = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }))
const jws = (header, payload, { privateKey: key }) => {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const documents = {
  '/.well-known/oauth-authorization-server': { issuer: issuerUrl, jwks_uri: `${issuerUrl}/jwks` },
  '/jwks': { keys: [{ ...jwkOf(issuer), kid: 'k', alg: 'ES256', use: 'sig' }] },
}
const server = createServer((request, response) => {
  const document = documents[request.url]
  response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
})
await new Promise((resolve) => server.listen(Number(ISSUER_PORT), '127.0.0.1', resolve))

const now = Math.floor(Date.now() / 1000)
const claims = { iss: issuerUrl, sub: 'shop', client_id: 'shop', aud: BASE, jti: randomUUID(), iat: now, exp: now + 300 }
const token = jws({ alg: 'ES256', typ: 'at+jwt', kid: 'k' }, { ...claims, cnf: { jkt: thumbprintOf(jwkOf(client)) } }, issuer)
const prove = (iat) =>
  jws({ alg: 'ES256', typ: 'dpop+jwt', jwk: jwkOf(client) }, { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat, ath: sha256(token) }, client)

const captured = prove(now)
const requests = {
  honest: { authorization: `DPoP ${token}`, dpop: captured },
  'the same again': { authorization: `DPoP ${token}`, dpop: captured },
  'as a bearer token': { authorization: `Bearer ${token}` },
  'with an old proof': { authorization: `DPoP ${token}`, dpop: prove(now - 3_600) },
  'without anything': {},
}
const ask = (headers) => fetch(`${BASE}/orders/1`, { headers })
const isReady = () =>
  ask({ authorization: `DPoP ${token}`, dpop: prove(now) }).then(
    ({ status }) => status !== 503,
    () => false,
  )

// An application that asked for keys before there was an issuer asks again five seconds later.
console.log(`issuer on ${ISSUER_PORT}`)
for (let n = 0; n < 10 && !(await isReady()); n += 1) await setTimeout(1_000)
for (const [what, headers] of Object.entries(requests)) {
  const { status } = await ask(headers)
  console.log(`${status}  ${what}`)
}
server.closeAllConnections()
server.close()
