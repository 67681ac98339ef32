import { createHmac, createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import type { Claims, Exchange } from '../attack.js'
import { hash } from '../jose.js'
import { thumbprintOf } from '../attacks/thumbprint-of.js'
import type { Fault } from './fault.testkit.js'
import { targetHolds } from './twin-target.testkit.js'
import { NONCE } from './world.testkit.js'

type Has = (fault: Fault) => boolean
/** A request, and the base that its proof must name. */
export type At = { readonly exchange: Exchange; readonly base: string }

export type TwinProof = { readonly jkt: string; readonly jti: string; readonly htu: string; readonly text: string }

/**
 * Every check of RFC 9449 §4.3 on one proof, each of which can be left out; undefined where one fails.
 * Throws where the claims cannot be read without surprises.
 */
export function proofHolds(text: string, { exchange, base }: At, token: string, now: number, needsNonce: boolean, has: Has): TwinProof | undefined {
  if (text.length > 8_192 && !has('long proofs')) return undefined
  const proof = text.startsWith('{') && has('json proofs') ? compactOf(text) : text
  const parts = proof.split('.')
  if (parts.length !== 3) return undefined
  const header = json(parts[0]!)
  const claims = json(parts[1]!)
  requireReadable(parts[1]!, claims)
  const jwk = header['jwk'] as Claims | undefined
  if (jwk === undefined) return undefined

  const key = has('loose key') ? { ...jwk, x: Buffer.from(String(jwk['x']), 'base64url').subarray(-32).toString('base64url') } : jwk
  const isWhole = typeof key['x'] === 'string' && Buffer.from(key['x'], 'base64url').length === 32
  if (!isWhole && !has('hmac')) return undefined
  if (('d' in jwk || jwk['kty'] === 'oct') && !has('private key') && !has('hmac')) return undefined
  if (has('strict key') && Object.keys(jwk).length > 4) return undefined
  if (header['typ'] !== 'dpop+jwt' && !has('typ')) return undefined
  if (('crit' in header || 'b64' in header) && !has('crit')) return undefined
  if (!signatureHolds(header, parts as [string, string, string], key, has)) return undefined

  const method = methodOf(exchange, has)
  const { htm, iat, jti, ath, nonce } = claims
  const isMethod =
    htm === method || (has('method case') && String(htm).toUpperCase() === method) || (has('method list') && Array.isArray(htm) && htm.includes(method))
  if (!isMethod && !has('method')) return undefined
  const htu = String(claims['htu'])
  if (!targetHolds(htu, exchange, has, base) && !has('target')) return undefined

  const isTime = typeof iat === 'number' || (iat === undefined && has('time optional')) || (typeof iat === 'string' && has('time as text'))
  if (!isTime) return undefined
  if (typeof iat === 'number' && ((now - iat > 60 && !has('stale')) || (iat - now > 5 && !has('future')))) return undefined
  if (ath !== hash(token) && !has('token hash') && !(ath === undefined && has('token hash optional'))) return undefined
  if ((typeof jti !== 'string' || jti === '') && !has('jti optional')) return undefined
  if (String(jti).length > 512 && !has('jti long')) return undefined
  if (needsNonce && nonce !== NONCE && !has('nonce') && !(nonce === undefined && has('nonce optional'))) return undefined

  const jkt = has('kid for key') && typeof header['kid'] === 'string' ? header['kid'] : thumbprintOf({ ...key })
  return { jkt, jti: typeof jti === 'string' ? jti : '', htu, text }
}

function methodOf({ method, fields, target, body }: Exchange, has: Has): string {
  const inField = fields.find(([name]) => name.toLowerCase() === 'x-http-method-override')?.[1]
  const inQuery = /[?&]_method=(\w+)/.exec(target)?.[1]
  const inForm = /^_method=(\w+)/.exec(body ?? '')?.[1]
  if (has('method override') && inField) return inField
  if (has('method from query') && inQuery) return inQuery
  if (has('method from form') && inForm) return inForm
  return has('HEAD as GET') && method === 'HEAD' ? 'GET' : method
}

/** Throws for bytes that are no text, for claims nested deeper than anybody needs, and for a time that no calendar has. */
function requireReadable(part: string, { iat }: Claims): void {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'))
  if (/(?:\[\s*){32}/.test(text)) throw new RangeError('nested too deep')
  if (typeof iat === 'number') new Date(iat * 1_000).toISOString()
}

function signatureHolds(header: Claims, [head, body, tail]: readonly [string, string, string], key: Claims, has: Has): boolean {
  const { alg } = header
  const signature = Buffer.from(tail, 'base64url')
  if (has('proof signature') || (alg === 'none' && has('alg none'))) return true
  if (alg === 'HS256' && has('hmac')) {
    const secret = Buffer.from(String(key['k'] ?? key['x']), 'base64url')
    return createHmac('sha256', secret).update(`${head}.${body}`).digest().equals(signature)
  }
  if (alg !== 'ES256' && !has('alg')) return false
  if (signature.every((byte) => byte === 0)) return has('signature range')
  const bytes = has('long signature') ? signature.subarray(0, 64) : signature
  if (bytes.length !== 64) return false
  const { kty, crv, x, y } = key as JsonWebKey
  return verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    bytes,
  )
}

function compactOf(text: string): string {
  const { protected: head, payload, signature } = JSON.parse(text) as Readonly<Record<string, string>>
  return `${head}.${payload}.${signature}`
}

export function json(part: string): Claims {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Claims) : {}
  } catch {
    return {}
  }
}
