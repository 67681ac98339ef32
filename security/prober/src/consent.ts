import type { Chain } from '@everyhop/chain'
import { createPublicKey, createHash, type KeyObject } from 'node:crypto'
import type { PinnedOrigin } from './origin.js'

export type Class = 'P1' | 'P2' | 'P3'

/** What a run may do. */
export type Permission = {
  readonly class: Class
  readonly requestsPerSecond: number
  readonly reason: string
}

/** Fetches a path of an origin; undefined where there is no such document. */
export type Fetcher = (origin: PinnedOrigin, path: string) => Promise<string | undefined>

const ORDER: readonly Class[] = ['P1', 'P2', 'P3']
const weaker = (left: Class, right: Class): Class => (ORDER.indexOf(left) < ORDER.indexOf(right) ? left : right)
export const covers = (permitted: Class, asked: Class): boolean => ORDER.indexOf(asked) <= ORDER.indexOf(permitted)

/** RFC 7638 thumbprint of the runner's Ed25519 key: what a target's consent names. */
export function runnerThumbprint(key: KeyObject): string {
  const { crv, kty, x } = createPublicKey(key).export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
}

/**
 * What may be done to these origins. This machine needs no consent. Any other target consents by itself at
 * `/.well-known/everyhop-probe`; without that, production's rules hold: P1 only, one request a second.
 */
export async function permissionFor(chain: Chain, origins: readonly PinnedOrigin[], runnerKey: KeyObject, fetch: Fetcher, now: number): Promise<Permission> {
  const declared: Class = chain.probe?.class ?? (chain.production ? 'P1' : 'P3')
  const foreign = origins.filter(({ isLoopback }) => !isLoopback)
  if (foreign.length === 0) return { class: declared, requestsPerSecond: 200, reason: 'every target is this machine' }
  const thumbprint = runnerThumbprint(runnerKey)
  let permitted = declared
  for (const origin of foreign) {
    const consent = readConsent(await fetch(origin, '/.well-known/everyhop-probe'))
    const isFor = consent?.runner === thumbprint && consent.environment === chain.environment && now < Date.parse(consent.end) / 1000
    if (!consent || !isFor) return { class: 'P1', requestsPerSecond: 1, reason: `${origin.origin} has not consented to this runner in this environment` }
    permitted = weaker(permitted, consent.class)
  }
  return { class: chain.production ? weaker(permitted, 'P2') : permitted, requestsPerSecond: 20, reason: 'every target has consented' }
}

type Consent = { readonly runner: string; readonly environment: string; readonly class: Class; readonly end: string }

function readConsent(text: string | undefined): Consent | undefined {
  try {
    const { runner, environment, class: level, end } = JSON.parse(text ?? '') as Record<string, unknown>
    const isWhole = typeof runner === 'string' && typeof environment === 'string' && typeof end === 'string' && ORDER.includes(level as Class)
    return isWhole ? { runner, environment, end, class: level as Class } : undefined
  } catch {
    return undefined
  }
}
