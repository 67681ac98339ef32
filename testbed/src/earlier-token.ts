import { randomUUID } from 'node:crypto'
import type { Chain } from '@everyhop/chain'
import { createIssuer } from '@everyhop/issuer'
import { importJWK, SignJWT } from 'jose'
import type { Keys } from './keys.js'

type Asking = { readonly chain: Chain; readonly signing: Keys; readonly clientId: string; readonly auth: Keys; readonly resource: string }

/** A token that a client was given while its waiver was in force: by the issuer of that time, which ends again. Rejects where it gives none. */
export async function earlierToken({ chain, signing, clientId, auth, resource }: Asking): Promise<string> {
  const issuer = await createIssuer({ chain, keys: [signing.privateJwk], clients: [{ clientId, jwks: { keys: [auth.publicJwk] } }] })
  try {
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(chain.issuer.url)
      .setIssuedAt()
      .setExpirationTime('1m')
      .setJti(randomUUID())
      .sign(await importJWK(auth.privateJwk, 'ES256'))
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      resource,
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
    const response = await fetch(`${issuer.url}/token`, { method: 'POST', body })
    const { access_token: token, error } = (await response.json()) as { readonly access_token?: string; readonly error?: string }
    if (token === undefined) throw new Error(`the issuer gave ${clientId} no token while its waiver was in force: ${response.status} ${error ?? ''}`)
    return token
  } finally {
    await issuer.close()
  }
}
