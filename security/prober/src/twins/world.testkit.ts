import { createKeyPair } from '../create-key-pair.js'
import { attestAs } from '../attest.js'
import type { Attack, Exchange, Kit, Token } from '../attack.js'
import { compact, hash, jwkThumbprint, publicJwk, random } from '../jose.js'
import { proofSigner, tokenOf } from '../tokens.js'

const newKey = () => createKeyPair('ec', { namedCurve: 'P-256' }).privateKey

export const BASE = 'https://api.example'
export const ISSUER = 'https://id.example'
export const AUDIENCE = 'https://api.example/orders'
export const PATH = '/orders/canary'
/** Where a hop that exchanges tokens calls the application, and for whom those are. */
export const INNER = 'http://orders.internal:8080'
export const AUTHORITY = 'orders.internal:8080'
export const NONCE = 'nonce-that-the-server-gave'
export const NOW = Math.floor(Date.now() / 1000)

/** Keys and certificates of one small chain: issuer, edge, application, a victim and a thief. Made once; the certificates are any bytes. */
export const KEYS = { issuer: newKey(), owner: newKey(), thief: newKey(), stranger: newKey(), edge: newKey(), middle: newKey() }
export const CERTIFICATES = { own: Buffer.from('certificate of the victim'), other: Buffer.from('certificate of the thief') }

export type Binding = 'dpop' | 'mtls'

export function issue(who: 'victim' | 'thief', binding: Binding, changes: Readonly<Record<string, unknown>> = {}): Token {
  const key = who === 'victim' ? KEYS.owner : KEYS.thief
  const certificate = who === 'victim' ? CERTIFICATES.own : CERTIFICATES.other
  const cnf = binding === 'dpop' ? { jkt: jwkThumbprint(key) } : { 'x5t#S256': hashBytes(certificate) }
  const times = { iat: NOW - 10, exp: NOW + 290 }
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: who, client_id: who, jti: random(), ...times, cnf, ...changes }
  return tokenOf(compact({ typ: 'at+jwt', alg: 'ES256', kid: 'issuer-1' }, claims, KEYS.issuer), binding === 'dpop' ? 'DPoP' : 'Bearer')
}

export const hashBytes = (bytes: Uint8Array): string => hash(bytes as unknown as string)

/** Keys of the hops before the application, and where each is called. */
export const HOPS = new Map([
  ['edge', KEYS.edge],
  ['middle', KEYS.middle],
])

/** The hops before the application, as an attack needs them. */
export const pathFor = (needs: Attack['needs']): readonly string[] => (needs.includes('two-hops') ? ['edge', 'middle'] : ['edge'])

/** What an attacker holds in this chain, and honest requests to start from. */
export function createWorld(binding: Binding, path: readonly string[]): { readonly kit: Kit; readonly honest: () => Exchange } {
  const sign = (key: typeof KEYS.owner): Kit['owner'] => {
    const plain = proofSigner(key, BASE, () => NOW)
    return (exchange, claims, header) => plain(exchange, { nonce: NONCE, ...claims }, header)
  }
  const owner = sign(KEYS.owner)
  const token = issue('victim', binding)
  const keyOf = (who: 'owner' | 'thief') => (who === 'owner' ? KEYS.owner : KEYS.thief)
  const kit: Kit = {
    owner,
    thief: sign(KEYS.thief),
    token,
    otherToken: issue('victim', binding),
    thiefToken: issue('thief', binding),
    application: 'orders',
    neighbour: path.at(-1)!,
    exchanger: { hop: 'edge', inner: INNER, key: { jkt: jwkThumbprint(KEYS.edge), sign: proofSigner(KEYS.edge, INNER, () => NOW) } },
    path,
    forgeToken: (claims = {}, header = {}) => compact({ ...token.header, ...header }, { ...token.claims, jti: random(), ...claims }, KEYS.stranger),
    sign: (who, header, claims) => compact(header, claims, keyOf(who)),
    jwk: (who) => publicJwk(keyOf(who)),
    victimCertificate: { rfc9440: `:${CERTIFICATES.own.toString('base64')}:`, pem: CERTIFICATES.own.toString('base64') },
    attest: (exchange, options) =>
      attestAs({ path, keys: HOPS, authorities: new Map(), base: BASE, authority: AUTHORITY, now: NOW, jkt: jwkThumbprint(KEYS.owner) }, exchange, options),
    base: BASE,
    now: NOW,
    random,
  }
  const honest = (): Exchange => {
    const bare: Exchange = {
      method: 'GET',
      target: `${PATH}?everyhop-challenge=${random()}`,
      authorization: [`${binding === 'dpop' ? 'DPoP' : 'Bearer'} ${token.value}`],
      dpop: [],
      fields: [],
      certificate: binding === 'mtls' ? 'own' : 'none',
      to: { at: 'edge' },
    }
    return binding === 'dpop' ? { ...bare, dpop: [owner(bare)] } : bare
  }
  return { kit, honest }
}
