import { createHash, createPublicKey, randomUUID, verify, type JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { calculateJwkThumbprint, decodeJwt, importJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import type { IssuerGround, Stoppable } from '../stand.js'

/** What an issuer gets wrong. */
export type IssuerMistake =
  | 'gives bearer tokens without a proof'
  | 'binds nothing'
  | 'takes proofs made for others'
  | 'does not verify proofs'
  | 'takes a proof twice'
  | 'gives tokens for a day'
  | 'offers symmetric algorithms'
  | 'hides the key when asked'
  | 'believes Client-Cert'

type Claims = Readonly<Record<string, unknown>>

/** A small authorization server with no part of ours: client credentials, DPoP, introspection, revocation. */
export async function startIssuerByHand({ chain, signing, clients }: IssuerGround, mistakes: readonly IssuerMistake[] = []): Promise<Stoppable> {
  const has = (mistake: IssuerMistake): boolean => mistakes.includes(mistake)
  const { url } = chain.issuer
  const endpoint = `${url}/token`
  const spent = new Set<string>()
  const revoked = new Set<string>()

  const metadata = {
    issuer: url,
    token_endpoint: endpoint,
    jwks_uri: `${url}/jwks`,
    introspection_endpoint: `${url}/introspect`,
    revocation_endpoint: `${url}/revoke`,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    dpop_signing_alg_values_supported: has('offers symmetric algorithms') ? ['ES256', 'HS256'] : ['ES256'],
  }

  async function clientOf(form: URLSearchParams): Promise<string | undefined> {
    const client = clients.find(({ clientId }) => clientId === form.get('client_id'))
    if (!client) return undefined
    const key = await importJWK(client.auth.publicJwk as JWK, 'ES256')
    const isKnown = await jwtVerify(form.get('client_assertion') ?? '', key, { issuer: client.clientId, audience: url }).then(
      () => true,
      () => false,
    )
    return isKnown ? client.clientId : undefined
  }

  /** The thumbprint of the key that a proof proves. RFC 9449 §5. */
  async function proven(text: string): Promise<string | undefined> {
    const [head = '', body = '', tail = ''] = text.split('.')
    const header = json(head)
    const { htm, htu, iat, jti } = json(body)
    const jwk = (header['jwk'] ?? {}) as Readonly<Record<string, string>>
    const isOfKind = header['typ'] === 'dpop+jwt' && header['alg'] === 'ES256' && jwk['crv'] === 'P-256' && !('d' in jwk)
    if (!isOfKind || ((htm !== 'POST' || htu !== endpoint) && !has('takes proofs made for others'))) return undefined
    if (!(Math.abs(Date.now() / 1000 - Number(iat)) < 60)) return undefined
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk['x'], y: jwk['y'] } as JsonWebKey, format: 'jwk' })
    const isSigned = verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(tail, 'base64url'))
    if (!isSigned && !has('does not verify proofs')) return undefined
    if (spent.has(String(jti)) && !has('takes a proof twice')) return undefined
    spent.add(String(jti))
    return calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x: jwk['x']!, y: jwk['y']! })
  }

  async function grant(request: IncomingMessage, form: URLSearchParams): Promise<Answer> {
    const client = await clientOf(form)
    if (client === undefined) return [401, { error: 'invalid_client' }]
    const proofs = request.headersDistinct['dpop'] ?? []
    const claimed = request.headers['client-cert']
    const byCertificate = has('believes Client-Cert') && typeof claimed === 'string' ? { 'x5t#S256': thumbprintOf(claimed) } : undefined
    const jkt = proofs.length === 1 ? await proven(proofs[0]!).catch(() => undefined) : undefined
    const isBare = proofs.length === 0 && has('gives bearer tokens without a proof')
    if (jkt === undefined && !isBare && !byCertificate) return [400, { error: 'invalid_dpop_proof' }]
    const cnf = byCertificate ?? (jkt === undefined || has('binds nothing') ? undefined : { jkt })
    const seconds = has('gives tokens for a day') ? 86_400 : 300
    const token = await new SignJWT({ client_id: client, ...(cnf ? { cnf } : {}) })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'issuer-1' })
      .setIssuer(url)
      .setSubject(client)
      .setAudience(form.get('resource') ?? '')
      .setIssuedAt()
      .setExpirationTime(`${seconds} s`)
      .setJti(randomUUID())
      .sign(signing.privateKey)
    return [200, { access_token: token, token_type: cnf && 'jkt' in cnf ? 'DPoP' : 'Bearer', expires_in: seconds }]
  }

  async function introspected(form: URLSearchParams): Promise<Answer> {
    if ((await clientOf(form)) === undefined) return [401, { error: 'invalid_client' }]
    const token = form.get('token') ?? ''
    const { cnf, ...claims } = decodeJwt(token)
    if (revoked.has(token)) return [200, { active: false }]
    return [200, { active: true, ...claims, ...(cnf && !has('hides the key when asked') ? { cnf } : {}) }]
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    switch (request.url) {
      case '/.well-known/oauth-authorization-server':
        return [200, metadata]
      case '/jwks':
        return [200, { keys: [{ ...signing.publicJwk, kid: 'issuer-1', alg: 'ES256', use: 'sig' }] }]
      case '/token':
        return grant(request, await formOf(request))
      case '/introspect':
        return introspected(await formOf(request))
      case '/revoke': {
        const form = await formOf(request)
        if ((await clientOf(form)) === undefined) return [401, { error: 'invalid_client' }]
        revoked.add(form.get('token') ?? '')
        return [200, {}]
      }
      default:
        return [404, {}]
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [status, body] = await answer(request).catch((): Answer => [400, { error: 'invalid_request' }])
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body))
  }
  const server = createServer((request, response) => void handle(request, response)).listen(Number(new URL(url).port), '127.0.0.1')
  await once(server, 'listening')
  return {
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

type Answer = readonly [status: number, body: object]

const json = (part: string): Claims => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Claims

const thumbprintOf = (field: string): string =>
  createHash('sha256')
    .update(Buffer.from(field.replaceAll(':', ''), 'base64'))
    .digest('base64url')

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}
