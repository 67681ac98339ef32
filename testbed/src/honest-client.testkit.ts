import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { importJWK, SignJWT, type JWK } from 'jose'
import type { Stand } from './stand.js'

/** A client made with jose and the runner file alone: nothing of the product helps to test it. */
export type HonestClient = {
  /** The issuer's answer to a token request. */
  readonly ask: () => Promise<{ readonly status: number; readonly token?: string }>
  /** The fields of a request to a path with a token: as bound, or as Bearer. */
  readonly fields: (token: string, path: string) => Promise<Record<string, string>>
}

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }

type RunnerClient = { readonly clientId: string; readonly authKey: JWK; readonly dpopKey?: JWK }

export async function honestClient({ runner, chain, ports }: Stand, id: string): Promise<HonestClient> {
  const { clients } = JSON.parse(await readFile(runner, 'utf8')) as { readonly clients: Record<string, RunnerClient> }
  const { clientId, authKey, dpopKey } = clients[id]!
  const sign = async (jwk: JWK, header: object, claims: object): Promise<string> =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .setIssuedAt()
      .setExpirationTime('1m')
      .setJti(randomUUID())
      .sign(await importJWK(jwk, 'ES256'))
  const proof = async (claims: object): Promise<string> => {
    const { kty, crv, x, y } = dpopKey!
    return sign(dpopKey!, { typ: 'dpop+jwt', jwk: { kty, crv, x, y } }, claims)
  }
  const base = `https://127.0.0.1:${ports.edge}`
  return {
    async ask() {
      const url = `${chain.issuer.url}/token`
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        resource: base,
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await sign(authKey, {}, { iss: clientId, sub: clientId, aud: chain.issuer.url }),
      })
      const headers = dpopKey ? { DPoP: await proof({ htm: 'POST', htu: url }) } : undefined
      const response = await fetch(url, { method: 'POST', body, ...(headers ? { headers } : {}) })
      const { access_token: token } = (await response.json()) as { access_token?: string }
      return { status: response.status, ...(token === undefined ? {} : { token }) }
    },
    async fields(token, path) {
      if (!dpopKey) return { Authorization: `Bearer ${token}` }
      const { createHash } = await import('node:crypto')
      const ath = createHash('sha256').update(token).digest('base64url')
      return { Authorization: `DPoP ${token}`, DPoP: await proof({ htm: 'GET', htu: base + path, ath }) }
    },
  }
}

/** Through the edge, or straight to a port behind it. */
export async function get({ pki, ports }: Stand, path: string, headers: Record<string, string>, direct?: number): Promise<Answer> {
  const ca = await readFile(pki.ca)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: direct ?? ports.edge, path, headers, agent: false as const }
    const sent = (direct === undefined ? tlsRequest({ ...options, ca }) : request(options)).once('error', reject).once('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.end()
  })
}
