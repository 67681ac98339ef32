import type { SliceTerminator } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import type { Declared, DeclaredIssuer, DeclaredRoute, GuardOptions } from './guard-options.js'

/**
 * What the compiler says to a program in TypeScript, for one in JavaScript, where it matters most: a text is a list of letters to
 * much code, and a choice that is misspelt would be one that was not made.
 */
export function requireShapes(options: GuardOptions): void {
  const { replay, revocations, sink, nonce, nonceSecrets, issuer, routes, terminators } = options as GuardOptions & Partial<Declared>
  requireTypes(options, TYPES, '')
  requireMethod(replay, 'replay', 'spend', 'a store, such as createMemoryReplayStore()')
  requireMethod(revocations, 'revocations', 'changes', 'a store, such as createRedisRevocationStore({ client })')
  requireMethod(sink, 'sink', 'append', 'an object such as { append: (receipt) => … }')
  requireOneOf(nonce, 'nonce', ['off', 'required'])
  if (nonceSecrets !== undefined && !isListOf(nonceSecrets, (one) => one instanceof Uint8Array)) {
    throw new ConfigError('config.nonce-secret', 'nonceSecrets is a list of 32 random bytes each: [Buffer.from(secret, "base64")]')
  }
  if (Array.isArray(issuer)) for (const one of issuer as readonly DeclaredIssuer[]) requireIssuer(one)
  else if (issuer !== undefined && typeof issuer !== 'string') throw wrong('issuer', 'a URL, or a list of { url, … }')
  if (routes !== undefined && !Array.isArray(routes)) throw wrong('routes', 'a list of { path, … }')
  for (const route of (routes ?? []) as readonly DeclaredRoute[]) requireRoute(route)
  if (terminators !== undefined && !Array.isArray(terminators)) throw wrong('terminators', 'a list of { certificates, field, format }')
  for (const terminator of (terminators ?? []) as readonly SliceTerminator[]) requireTerminator(terminator)
}

type Types = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'function'>>

/** A text such as "false" would be a yes. */
const TYPES: Types = {
  revocationGraceSeconds: 'number',
  spendDeadlineMs: 'number',
  maxContentBytes: 'number',
  maxTokenLifetime: 'number',
  maxProofAge: 'number',
  singleInstance: 'boolean',
  resourceMetadata: 'boolean',
  clock: 'function',
  fetch: 'function',
  name: 'string',
}
const ISSUER: Types = { jwksUri: 'string', revocations: 'string', introspection: 'string', grantClaim: 'string', extraConfirmation: 'boolean' }

function requireTypes(given: object, types: Types, of: string): void {
  for (const [member, type] of Object.entries(types)) {
    const value = (given as Record<string, unknown>)[member]
    if (value !== undefined && typeof value !== type) throw wrong(member + of, `a ${type}`)
  }
}

function requireIssuer(issuer: DeclaredIssuer): void {
  const { url, algs, typ, clients, introspects } = issuer ?? {}
  if (typeof url !== 'string') throw wrong('an issuer of the list', '{ url, … }')
  requireTypes(issuer, ISSUER, ` of the issuer ${url}`)
  const where = (member: string): string => `${member} of the issuer ${url}`
  requireTexts(algs, where('algs'))
  requireTexts(typ, where('typ'))
  requireTexts(clients, where('clients'))
  requireTexts(introspects, where('introspects'))
}

function requireRoute(route: DeclaredRoute): void {
  const { path, clients, bindings, audience, body } = route ?? {}
  if (typeof path !== 'string') throw wrong('a route of the list', '{ path, … }')
  requireTypes(route, { observeUntil: 'string' }, ` of the route ${path}`)
  const where = (member: string): string => `${member} of the route ${path}`
  if (clients !== 'any') requireTexts(clients, where('clients'))
  requireTexts(bindings, where('bindings'))
  requireTexts(audience, where('audience'))
  requireOneOf(body, where('body'), ['covered', 'uncovered'])
}

function requireTerminator(terminator: SliceTerminator): void {
  const { field, format, alsoSets, certificates } = terminator ?? {}
  if (typeof field !== 'string' || typeof format !== 'string') throw wrong('a terminator of the list', '{ certificates, field, format }')
  requireTexts(certificates ?? '', 'certificates of a terminator')
  requireTexts(alsoSets, 'alsoSets of a terminator')
}

function requireMethod(given: unknown, member: string, method: string, what: string): void {
  if (given === undefined || typeof (given as Record<string, unknown> | null)?.[method] === 'function') return
  throw wrong(member, given instanceof Promise ? `${what}, and not a promise of one: await it` : what)
}

function requireOneOf(given: unknown, member: string, known: readonly string[]): void {
  if (given !== undefined && !known.includes(given as string)) throw wrong(member, `one of ${known.join(', ')}`)
}

function requireTexts(given: unknown, member: string): void {
  if (given !== undefined && !isListOf(given, (one) => typeof one === 'string')) throw wrong(member, 'a list of strings')
}

const isListOf = (given: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(given) && given.every(is)

const wrong = (member: string, what: string): ConfigError => new ConfigError('config.option', `${member} is not ${what}`)
