import type { Slice, SliceIssuer, SliceRoute } from '@everyhop/chain'
import { PROFILES, readTarget, sha256, type Profile } from '@everyhop/proof'
import { ConfigError, type LoadedSlice } from '@everyhop/verifier'
import type { Declared, DeclaredRoute } from './guard-options.js'

const MAX_OBSERVED_DAYS = 90
const DAY = 86_400

/**
 * What a team says itself, as the slice that `everyhop compile` would have made of it: from here on there is one way for both.
 * Throws ConfigError where it could not be meant. `now` is epoch seconds.
 */
export function optionsSlice(options: Declared, now: number): LoadedSlice {
  const { name = 'application', terminators } = options
  const profiles = Object.keys(PROFILES)
  if (!profiles.includes(options.profile ?? 'default')) throw new ConfigError('config.profile', `profile is one of ${profiles.join(', ')}`)
  const profile = PROFILES[options.profile ?? 'default']
  if (!/^[a-z][a-z0-9_.-]{0,63}$/.test(name)) throw new ConfigError('config.name', 'name is a lower-case word such as "orders"')
  const bases = listed(options.base, 'config.base-missing', 'base')
  const audience = listed(options.audience, 'config.audience-missing', 'audience')
  const [first = ''] = bases
  const slice: Slice = {
    version: 1,
    chain: name,
    environment: 'default',
    // So that a store of one process has to be meant: `singleInstance`.
    production: true,
    manifest: 'options',
    hop: name,
    kind: 'guard',
    authority: authorityOf(first),
    bases,
    replayAuthority: true,
    issuers: issuersOf(options.issuer, profile),
    proof: {
      algs: PROOF_ALGS.filter((alg) => profile.proofAlgs.includes(alg)),
      maxAge: timeOf('maxAge', options.maxProofAge, profile),
      skew: profile.skew,
      maxEarly: profile.maxEarly,
      attestationAge: 10,
      nonce: options.nonce ?? profile.nonce,
      tokenLifetime: timeOf('tokenLifetime', options.maxTokenLifetime, profile),
    },
    routes: routesOf(options.routes ?? [{ path: '/**' }], audience, profile, now),
    neighbours: [],
    ...(terminators === undefined ? {} : { terminators }),
    keys: [],
    waivers: [],
  }
  return { slice, digest: sha256(JSON.stringify(canonical(slice))) }
}

function listed(given: string | readonly string[], code: ConfigError['code'], member: string): readonly string[] {
  const list = typeof given === 'string' ? [given] : (given ?? [])
  const isGood = list.length > 0 && list.every((entry) => typeof entry === 'string' && entry !== '')
  if (!isGood) throw new ConfigError(code, `${member} is missing: give a string, or a list of them`)
  return list
}

/** What no proof could be compared with is refused here, by the name that it has in the options. */
function authorityOf(base: string): string {
  const target = readTarget(base)
  if (!target) throw new ConfigError('config.base', 'base is not a plain http(s) URL such as https://api.example.com, without a password')
  return new URL(target).host
}

/** Those that a slice names; `EdDSA` there stands for `Ed25519` too. */
const PROOF_ALGS: Slice['proof']['algs'] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512']
const TOKEN_ALGS: SliceIssuer['algs'] = [...PROOF_ALGS, 'RS256']

function timeOf(which: 'maxAge' | 'tokenLifetime', given: number | undefined, profile: Profile): number {
  const [least, most] = profile.limits[which]
  if (given === undefined || (given >= least && given <= most)) return given ?? profile[which]
  const [member, code] = which === 'maxAge' ? (['maxProofAge', 'config.proof-age'] as const) : (['maxTokenLifetime', 'config.token-lifetime'] as const)
  throw new ConfigError(code, `${member} is ${least === most ? `${least} seconds` : `${least} to ${most} seconds`} in this profile`)
}

function issuersOf(issuer: Declared['issuer'], { tokenAlgs }: Profile): readonly SliceIssuer[] {
  const algs = TOKEN_ALGS.filter((alg) => tokenAlgs.includes(alg))
  const list = typeof issuer === 'string' ? [{ url: issuer }] : (issuer ?? [])
  if (list.length === 0) throw new ConfigError('config.issuer-missing', 'issuer is missing: give the URL of the authorization server whose tokens count')
  for (const { url, algs: declared = [] } of list) {
    const unknown = declared.find((alg) => !TOKEN_ALGS.includes(alg))
    if (unknown !== undefined) throw new ConfigError('config.option', `algs of the issuer ${url}: ${unknown} is not one of ${TOKEN_ALGS.join(', ')}`)
  }
  return list.map((one) => ({ algs, typ: ['at+jwt'], ...one }))
}

/** As in the manifest. */
const PATTERN = /^(?=\/)(?:\/(?:\*|[^\s?#*/]*))*(?:\/\*\*)?$/

function routesOf(routes: readonly DeclaredRoute[], audience: readonly string[], profile: Profile, now: number): readonly SliceRoute[] {
  if (routes.length === 0) throw new ConfigError('config.route', 'routes is empty, so every request would be refused: leave it out to guard every path')
  return routes.map((route, index) => {
    const { path, clients = 'any', bindings = ['dpop'], body = 'uncovered', observeUntil } = route
    if (!PATTERN.test(path) || path.includes('/:'))
      throw new ConfigError('config.route', `route ${path}: write a path; * stands for one segment, ** at the end for the rest`)
    if (routes.findIndex((other) => other.path === path) !== index) throw new ConfigError('config.route', `route ${path} stands twice`)
    const earlier = routes.slice(0, index).find((other) => isAllOf(other.path, path))
    if (earlier) throw new ConfigError('config.route', `route ${path}: nothing gets there, since ${earlier.path} stands before it; put it first`)
    if (clients.length === 0) throw new ConfigError('config.route', `route ${path}: no client may use it; leave clients out for any client`)
    const isBinding = (binding: string): boolean => profile.bindings.some((known) => known === binding)
    if (bindings.length === 0 || !bindings.every(isBinding)) {
      throw new ConfigError('config.route', `route ${path}: bindings are some of ${profile.bindings.join(', ')}`)
    }
    return {
      pattern: path,
      clients,
      bindings,
      audience: route.audience ?? audience,
      via: [[]],
      mode: 'direct',
      body,
      ...(observeUntil === undefined ? {} : { observeUntil: endOf(observeUntil, path, now) }),
    }
  })
}

/** Whether `wide` plainly matches whatever `narrow` does: enough to find a rule that an earlier one hides. */
const isAllOf = (wide: string, narrow: string): boolean => wide.endsWith('/**') && !wide.slice(0, -2).includes('*') && narrow.startsWith(wide.slice(0, -2))

/** Epoch seconds. An end that is over is good: the route is enforced. */
function endOf(text: string, path: string, now: number): number {
  const instant = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/.test(text) ? new Date(text) : undefined
  const isReal = instant !== undefined && !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text.slice(0, 10))
  if (!isReal) throw new ConfigError('config.observe', `route ${path}: observeUntil is a date such as 2026-12-31`)
  const until = instant.getTime() / 1000
  if (!(until - now <= MAX_OBSERVED_DAYS * DAY)) {
    throw new ConfigError('config.observe', `route ${path}: observeUntil is more than ${MAX_OBSERVED_DAYS} days away`)
  }
  return until
}

/** Members in one order, so that the same options have the same digest. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, canonical(member)]))
}
