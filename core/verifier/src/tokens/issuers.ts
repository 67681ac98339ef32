import type { SliceIssuer } from '@everyhop/chain'
import { ConfigError } from '../config-error.js'
import { createRevocations, noRevocations, type Revocations } from '../revocation/revocations.js'
import { requireSafeUrl, type Fetch } from './fetch-json.js'
import { createKeySet, type KeySet } from './key-set.js'
import { Lookup } from './lookup.js'

/** All that is known of the declared issuers, each by itself. */
export type Issuers = {
  /** Keys for the request of this time. */
  readonly at: (now: number) => Lookup
  readonly revocationsOf: (issuer: string) => Revocations
  /** Rejects with a ConfigError that names every issuer whose keys cannot be had. */
  readonly ready: (now: number) => Promise<void>
  /** What the next slice may go on with: what was fetched for an issuer that is declared the same. */
  readonly keySets: ReadonlyMap<string, KeySet>
  readonly feeds: ReadonlyMap<string, Revocations>
}

/** Opens what the slice declares. Throws ConfigError where it declares nothing that could be trusted. */
export function openIssuers(hop: string, declared: readonly SliceIssuer[], fetch: Fetch, before?: Issuers): Issuers {
  if (declared.length === 0) throw new ConfigError('config.issuer-missing', `hop ${hop} has no issuer whose tokens it could accept`)
  const keySets = new Map<string, KeySet>()
  const feeds = new Map<string, Revocations>()
  const byIssuer = new Map<string, { readonly keys: KeySet; readonly revocations: Revocations }>()
  for (const issuer of declared) {
    const { url, jwksUri, revocations } = issuer
    requireUrls(issuer)
    if (byIssuer.has(url)) throw new ConfigError('config.issuer-repeated', `the issuer ${url} is declared twice`)
    const set = JSON.stringify([url, jwksUri])
    const feed = JSON.stringify([url, revocations])
    const keys = before?.keySets.get(set) ?? createKeySet(issuer, fetch)
    const revoked = revocations === undefined ? noRevocations : (before?.feeds.get(feed) ?? createRevocations(revocations, fetch))
    keySets.set(set, keys)
    feeds.set(feed, revoked)
    byIssuer.set(url, { keys, revocations: revoked })
  }
  const sets = new Map([...byIssuer].map(([url, { keys }]) => [url, keys]))

  return {
    keySets,
    feeds,
    at: (now) => new Lookup(sets, now),
    revocationsOf: (issuer) => byIssuer.get(issuer)!.revocations,
    async ready(now) {
      const defects = await Promise.all(
        [...sets].map(async ([url, keys]) => ((await keys.refresh(now)) || keys.areInForce(now) ? [] : [`${url} (${keys.defect()})`])),
      )
      const failed = defects.flat()
      if (failed.length > 0) throw new ConfigError('config.issuer', `the keys of the issuer could not be had: ${failed.join(', ')}`)
    },
  }
}

function requireUrls({ url, jwksUri, revocations, introspection }: SliceIssuer): void {
  requireSafeUrl(url, 'the issuer')
  for (const [what, named] of Object.entries({ jwksUri, revocations, introspection })) {
    if (named !== undefined) requireSafeUrl(named, `${what} of the issuer ${url}`)
  }
}
