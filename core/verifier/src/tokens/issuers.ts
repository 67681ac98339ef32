import type { SliceIssuer } from '@everyhop/chain'
import { ConfigError } from '../config-error.js'
import { requireSafeUrl, type Fetch } from './fetch-json.js'
import { createIntrospector, type IntrospectionCredentials, type Introspector } from './introspector.js'
import { createKeySet, type KeySet } from './key-set.js'
import { Lookup } from './lookup.js'

/** All that is known of the declared issuers, each by itself. */
export type Issuers = {
  /** What they tell for the request of this time. */
  readonly at: (now: number) => Lookup
  /** Rejects with a ConfigError that names every issuer whose keys or answers cannot be had. */
  readonly ready: (now: number) => Promise<void>
  /** By what they were opened for, so that the next slice goes on with what was fetched. */
  readonly opened: ReadonlyMap<string, Opened>
}

type Opened = { readonly keys?: KeySet; readonly introspector?: Introspector }

export type IssuerOptions = {
  readonly fetch: Fetch
  /** By the URL of the issuer. */
  readonly introspection?: Readonly<Record<string, IntrospectionCredentials>>
}

/** Opens what the slice of `hop` declares. Throws ConfigError where it could not be trusted or does not fit the options. */
export function openIssuers(hop: string, declared: readonly SliceIssuer[], options: IssuerOptions, before?: Issuers): Issuers {
  if (declared.length === 0) throw new ConfigError('config.issuer-missing', `hop ${hop} has no issuer whose tokens it could accept`)
  for (const issuer of declared) requireUrls(issuer)
  requireCredentials(declared, options, before === undefined)
  const opened = new Map<string, Opened>()
  const byUrl = new Map<string, Opened>()
  for (const issuer of declared) {
    if (byUrl.has(issuer.url)) throw new ConfigError('config.issuer-repeated', `the issuer ${issuer.url} is declared twice`)
    const id = JSON.stringify([issuer.url, issuer.jwksUri, issuer.introspection, issuer.algs])
    const one = before?.opened.get(id) ?? open(issuer, options)
    opened.set(id, one)
    byUrl.set(issuer.url, one)
  }
  const asked = (what: 'opaque' | 'jwt'): readonly (readonly [url: string, introspector: Introspector])[] =>
    declared.filter((issuer) => asks(issuer, what)).flatMap(({ url }) => [[url, byUrl.get(url)!.introspector!] as const])
  const [first, second] = asked('opaque')
  if (first && second) {
    // Each would be shown the tokens of the other.
    throw new ConfigError('config.introspection-two', `${first[0]} and ${second[0]} are both asked about opaque tokens, which do not say whose they are`)
  }
  const keySets = new Map([...byUrl].flatMap(([url, { keys }]) => (keys ? [[url, keys] as const] : [])))
  const sources = { keySets, opaque: first?.[1], jwt: new Map(asked('jwt')) }

  return {
    opened,
    at: (now) => new Lookup(sources, now),
    async ready(now) {
      const defects = await Promise.all([...byUrl].map(([url, one]) => defectsOf(url, one, now)))
      const found = defects.flat()
      if (found.length > 0) throw new ConfigError('config.issuer', found.join('; '))
    },
  }
}

/** An issuer that is declared with no algorithms issues no JWTs, and needs no keys. */
function open(issuer: SliceIssuer, { fetch, introspection }: IssuerOptions): Opened {
  const { url, algs, introspection: endpoint } = issuer
  return {
    ...(algs.length === 0 ? {} : { keys: createKeySet(issuer, fetch) }),
    ...(endpoint === undefined ? {} : { introspector: createIntrospector(url, endpoint, introspection![url]!, fetch) }),
  }
}

async function defectsOf(url: string, { keys, introspector }: Opened, now: number): Promise<readonly string[]> {
  const [hasKeys, deaf] = await Promise.all([keys?.refresh(now), introspector?.defect(now)])
  return [
    ...(keys && !hasKeys && !keys.areInForce(now) ? [`the keys of the issuer ${url} could not be had (${keys.defect()})`] : []),
    ...(deaf === undefined ? [] : [`the issuer ${url} cannot be asked about tokens (${deaf})`]),
  ]
}

const asks = ({ introspection, introspects = ['opaque'] }: SliceIssuer, what: 'opaque' | 'jwt'): boolean =>
  introspection !== undefined && introspects.includes(what)

/** A secret that is missing, or one that nobody is to get, is a mistake. A later slice may leave out an issuer whose secret is still here. */
function requireCredentials(declared: readonly SliceIssuer[], { introspection = {} }: IssuerOptions, isFirst: boolean): void {
  const missing = declared.find(({ url, introspection: endpoint }) => endpoint !== undefined && !Object.hasOwn(introspection, url))
  if (missing) {
    throw new ConfigError('config.introspection-credentials', `the issuer ${missing.url} is asked about tokens: give the credentials for it in "introspection"`)
  }
  const stray = Object.keys(introspection).find((url) => !declared.some((issuer) => issuer.url === url && issuer.introspection !== undefined))
  if (isFirst && stray !== undefined) {
    throw new ConfigError('config.introspection-issuer', `there are credentials for ${stray}, which is no issuer that is declared with introspection`)
  }
}

function requireUrls({ url, jwksUri, revocations, introspection }: SliceIssuer): void {
  requireSafeUrl(url, 'the issuer')
  for (const [what, named] of Object.entries({ jwksUri, revocations, introspection })) {
    if (named !== undefined) requireSafeUrl(named, `${what} of the issuer ${url}`)
  }
}
