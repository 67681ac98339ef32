import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

// An authorization server and a client in one, to see the guard at work: node try.js
const APP = process.env.BASE ?? 'http://127.0.0.1:8080'
const ISSUER = process.env.ISSUER ?? 'http://127.0.0.1:9000'
// Another one each time: the application sees that the key is new and fetches it.
const KID = randomUUID()
const [issuer, client, thief] = await Promise.all([1, 2, 3].map(() => generateKeyPair('ES256')))

const documents = {
  '/.well-known/oauth-authorization-server': { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
  '/jwks': { keys: [{ ...(await exportJWK(issuer.publicKey)), kid: KID, alg: 'ES256' }] },
}
const server = createServer(({ url }, response) => response.end(JSON.stringify(documents[url] ?? {})))
await new Promise((resolve) => server.listen(Number(new URL(ISSUER).port), '127.0.0.1', resolve))

const jkt = await calculateJwkThumbprint(await exportJWK(client.publicKey))
const token = await new SignJWT({ client_id: 'shop', jti: randomUUID(), cnf: { jkt } })
  .setProtectedHeader({ typ: 'at+jwt', alg: 'ES256', kid: KID })
  .setIssuer(ISSUER)
  .setSubject('shop')
  .setAudience(APP)
  .setIssuedAt()
  .setExpirationTime('5m')
  .sign(issuer.privateKey)

const proofBy = async ({ publicKey, privateKey }) =>
  new SignJWT({ jti: randomUUID(), htm: 'GET', htu: `${APP}/orders/1`, ath: createHash('sha256').update(token).digest('base64url') })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .sign(privateKey)

async function call(what, headers) {
  const answer = await fetch(`${APP}/orders/1`, { headers })
  const { code = 'let in' } = await answer.json()
  console.log(what.padEnd(30), answer.status, code)
}

await call('nothing', {})
await call('the token as a bearer token', { authorization: `Bearer ${token}` })
await call('the token with a thief’s key', { authorization: `DPoP ${token}`, dpop: await proofBy(thief) })
const honest = { authorization: `DPoP ${token}`, dpop: await proofBy(client) }
await call('an honest request', honest)
await call('the same once more', honest)
server.close()
