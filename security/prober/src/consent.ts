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

const ORDER: readonly Class[] = ['P1', 'P2', 'P3']
const weaker = (left: Class, right: Class): Class => (ORDER.indexOf(left) < ORDER.indexOf(right) ? left : right)
export const covers = (permitted: Class, asked: Class): boolean => ORDER.indexOf(asked) <= ORDER.indexOf(permitted)

/** RFC 7638 thumbprint of the runner's Ed25519 key: what a target's consent names. */
export function runnerThumbprint(key: KeyObject): string {
  const { crv, kty, x } = createPublicKey(key).export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
}

/** Requests a second. */
export const RATES = { loopback: 200, consented: 20, cautious: 1 } as const

/** The most that the manifest permits; never P3 in production, whatever it says. */
export function mostOf({ probe, production }: Pick<Chain, 'probe' | 'production'>): Class {
  const declared = probe?.class ?? (production ? 'P1' : 'P3')
  return production ? weaker(declared, 'P2') : declared
}

/** How consents are looked up: a document of the target, and the TXT records of a name. Neither rejects. */
export type Consents = {
  /** Undefined where there is no such document. */
  readonly fetch: (origin: PinnedOrigin, path: string) => Promise<string | undefined>
  readonly txt: (name: string) => Promise<readonly string[]>
}

export type Asking = { readonly chain: Chain; readonly origins: readonly PinnedOrigin[]; readonly runnerKey: KeyObject; readonly now: number }

/**
 * What may be done to these origins. This machine needs no consent. Any other target consents by itself, at
 * `/.well-known/everyhop-probe` or in a TXT record of `_everyhop-probe` under its name; without that, production's rules hold:
 * P1 only, one request a second.
 */
export async function permissionFor({ chain, origins, runnerKey, now }: Asking, consents: Consents): Promise<Permission> {
  const foreign = origins.filter(({ isLoopback }) => !isLoopback)
  let permitted = mostOf(chain)
  if (foreign.length === 0) return { class: permitted, requestsPerSecond: RATES.loopback, reason: 'every target is this machine' }
  const thumbprint = runnerThumbprint(runnerKey)
  const isFor = (consent: Consent): boolean =>
    consent.runner === thumbprint && consent.environment === chain.environment && now < Date.parse(consent.end) / 1000
  for (const origin of foreign) {
    const consent = await consentOf(origin, consents, isFor)
    if (!consent) return { class: 'P1', requestsPerSecond: RATES.cautious, reason: `${origin.origin} has not consented to this runner in this environment` }
    permitted = weaker(permitted, consent.class)
  }
  return { class: permitted, requestsPerSecond: RATES.consented, reason: 'every target has consented' }
}

/** The consent that is for this run. A document is asked for first: a name that has moved on may still have its old record. */
async function consentOf(origin: PinnedOrigin, { fetch, txt }: Consents, isFor: (consent: Consent) => boolean): Promise<Consent | undefined> {
  const document = readDocument(await fetch(origin, '/.well-known/everyhop-probe'))
  if (document && isFor(document)) return document
  // An address has no name of its own.
  if (origin.servername === undefined) return undefined
  const records = await txt(`_everyhop-probe.${origin.servername}`)
  return records.map(readRecord).find((consent) => consent !== undefined && isFor(consent))
}

type Consent = { readonly runner: string; readonly environment: string; readonly class: Class; readonly end: string }

function readDocument(text: string | undefined): Consent | undefined {
  try {
    return readConsent(JSON.parse(text ?? ''))
  } catch {
    return undefined
  }
}

/** `v=everyhop1; runner=…; environment=staging; class=P2; end=2026-12-31T00:00:00Z` */
function readRecord(text: string): Consent | undefined {
  const members = text.split(';').map((part) => part.trim().split('=', 2) as [string, string?])
  const { v, ...rest } = Object.fromEntries(members)
  // A member that is there twice says nothing.
  return v === 'everyhop1' && new Set(members.map(([name]) => name)).size === members.length ? readConsent(rest) : undefined
}

function readConsent(value: unknown): Consent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { runner, environment, class: level, end } = value as Record<string, unknown>
  const isWhole = typeof runner === 'string' && typeof environment === 'string' && typeof end === 'string' && ORDER.includes(level as Class)
  return isWhole ? { runner, environment, end, class: level as Class } : undefined
}
