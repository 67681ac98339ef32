import { createHash, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto'
import { createKeyPair, signCompact } from '@everyhop/proof'
import { RENEW_AFTER, tokenFor } from './issuer-of-load.js'
import { BASE, KEYS } from './load-options.js'

/** A request that can be sent once, or more often. */
export type SignedRequest = { readonly id: string; readonly token: string; readonly proof: string }

/** Many clients, each with a key and a token of its own; they take turns. Ed25519, since it is made fastest. */
export function createHonestClients(issuer: string, issuerJwk: object): { readonly next: () => SignedRequest } {
  const issuerKey = createPrivateKey({ key: issuerJwk as import('node:crypto').JsonWebKey, format: 'jwk' })
  const clients = Array.from({ length: KEYS }, () => {
    const { publicKey, privateKey } = createKeyPair('ed25519')
    return { publicKey, privateKey, header: { typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }) }, token: '', ath: '', renewAt: 0 }
  })
  let turn = 0

  function renew(client: { publicKey: KeyObject; token: string; ath: string; renewAt: number }, now: number): void {
    client.token = tokenFor(issuer, issuerKey, client.publicKey, now)
    client.ath = createHash('sha256').update(client.token).digest('base64url')
    client.renewAt = now + RENEW_AFTER
  }

  return {
    next() {
      const client = clients[turn % KEYS]!
      turn += 1
      const now = Math.floor(Date.now() / 1000)
      if (now >= client.renewAt) renew(client, now)
      const id = randomBytes(16).toString('base64url')
      const proof = signCompact(client.header, { jti: id, htm: 'GET', htu: `${BASE}/${id}`, iat: now, ath: client.ath }, client.privateKey)
      return { id, token: client.token, proof }
    },
  }
}
