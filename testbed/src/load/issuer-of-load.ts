import { randomUUID, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKeyPair, signCompact, thumbprintOf } from '@everyhop/proof'
import { AUDIENCE } from './load-options.js'

/** Its private key is handed to the client process, which makes its own tokens: none has to be fetched during the load. */
export type LoadIssuer = { readonly url: string; readonly privateJwk: object; readonly close: () => void }

/** Metadata and keys; that is all that a guard asks of an issuer. */
export async function startIssuerOfLoad(): Promise<LoadIssuer> {
  const { publicKey, privateKey } = createKeyPair('ed25519')
  const server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'load', alg: 'EdDSA', use: 'sig' }]
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/jwks' ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    privateJwk: privateKey.export({ format: 'jwk' }),
    close: () => server.close().closeAllConnections(),
  }
}

const TOKEN_LIFETIME = 600

/** A token for the key of a client, at `now` (epoch seconds). */
export function tokenFor(issuer: string, key: KeyObject, clientKey: KeyObject, now: number): string {
  const claims = { iss: issuer, sub: 'load', client_id: 'load', aud: AUDIENCE, jti: randomUUID(), iat: now, exp: now + TOKEN_LIFETIME }
  return signCompact({ typ: 'at+jwt', kid: 'load' }, { ...claims, cnf: { jkt: thumbprintOf(clientKey) } }, key)
}

/** Seconds after which a client takes a new token. */
export const RENEW_AFTER = TOKEN_LIFETIME / 2
