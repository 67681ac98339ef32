import { createPublicKey, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SliceIssuer } from '@everyhop/chain'
import { isObject, suits, type IssuerKeys, type Json } from '@everyhop/proof'
import { fetchJson, type Fetch } from './fetch-json.js'

const MAX_KEYS = 64
const TIMEOUT_MS = 3_000

/** Seconds after which keys are fetched again, and after which the old ones no longer count if that fails. */
const REFRESH_AFTER = 300
const EXPIRE_AFTER = 3_600
/** Seconds between two fetches for unknown key ids, so that a flood of them costs the issuer nothing. */
const COOLDOWN = 5
/** Milliseconds that requests wait for newer keys while the old ones are in force: an issuer that hangs must not hang its chain. */
const PATIENCE_MS = 500

export type KeySet = IssuerKeys & {
  /** Fetches the keys unless that was tried a moment ago. Resolves false where there are none to go by. */
  readonly refresh: (now: number) => Promise<boolean>
  /** Refreshes what has grown old; does not wait long for it where there are keys in force. */
  readonly keepFresh: (now: number) => Promise<boolean>
}

type Entry = { readonly kid: string | undefined; readonly alg: string | undefined; readonly key: KeyObject }

/** The keys of one issuer: found through RFC 8414 metadata or at `jwksUri`. */
export function createKeySet(issuer: SliceIssuer, fetch: Fetch): KeySet {
  let entries: readonly Entry[] = []
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  let inFlight: { readonly done: Promise<boolean>; readonly patience: Promise<boolean> } | undefined

  /** Both ways: keys from the future are from before the clock was set back. */
  const isWithin = (seconds: number, since: number, now: number): boolean => Math.abs(now - since) <= seconds

  async function load(now: number): Promise<boolean> {
    triedAt = now
    try {
      const jwksUri = issuer.jwksUri ?? (await discover(issuer.url, fetch))
      entries = readKeys(await fetchJson(fetch, jwksUri, TIMEOUT_MS))
      fetchedAt = now
    } catch {
      if (!isWithin(EXPIRE_AFTER, fetchedAt, now)) entries = []
    }
    return entries.length > 0
  }

  const refresh = (now: number): Promise<boolean> => {
    if (Math.abs(now - triedAt) < COOLDOWN && inFlight === undefined) return Promise.resolve(entries.length > 0)
    const done = (): Promise<boolean> =>
      load(now).finally(() => {
        inFlight = undefined
      })
    inFlight ??= { done: done(), patience: sleep(PATIENCE_MS, true, { ref: false }) }
    return inFlight.done
  }

  return {
    find(iss, kid, alg) {
      if (iss !== issuer.url) return undefined
      const fitting = entries.filter((entry) => (entry.alg === undefined || named(entry.alg) === named(alg)) && suits(entry.key, alg))
      if (kid !== undefined) return fitting.find((entry) => entry.kid === kid)?.key
      return fitting.length === 1 ? fitting[0]!.key : undefined
    },
    refresh,
    keepFresh(now) {
      if (isWithin(REFRESH_AFTER, fetchedAt, now)) return Promise.resolve(true)
      const refreshed = refresh(now)
      const isInForce = entries.length > 0 && isWithin(EXPIRE_AFTER, fetchedAt, now)
      return isInForce && inFlight ? Promise.race([refreshed, inFlight.patience]) : refreshed
    },
  }
}

/** `Ed25519` is the fully specified name (RFC 9864) of what `EdDSA` means here: key and token may say it either way. */
const named = (alg: string): string => (alg === 'Ed25519' ? 'EdDSA' : alg)

/** RFC 8414 §3.1 puts the well-known part before the issuer's path; OpenID Connect behind it. Both are tried. */
async function discover(issuer: string, fetch: Fetch): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const documents = [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`]
  for (const url of documents) {
    const metadata = await fetchJson(fetch, url, TIMEOUT_MS).catch(() => undefined)
    // A document that names another issuer speaks for that one (RFC 8414 §3.3).
    if (metadata?.['issuer'] === issuer && typeof metadata['jwks_uri'] === 'string') return metadata['jwks_uri']
  }
  throw new Error('no metadata')
}

function readKeys(set: Json): readonly Entry[] {
  const keys = Array.isArray(set['keys']) ? set['keys'].slice(0, MAX_KEYS) : []
  return keys.flatMap((jwk: unknown): readonly Entry[] => {
    if (!isObject(jwk) || (jwk['use'] !== undefined && jwk['use'] !== 'sig')) return []
    try {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
      return [{ kid: text(jwk['kid']), alg: text(jwk['alg']), key }]
    } catch {
      return []
    }
  })
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
