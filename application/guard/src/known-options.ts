import { ConfigError } from '@everyhop/verifier'
import type { Declared, DeclaredIssuer, DeclaredRoute, Signed, Surroundings } from './guard-options.js'

type Names<Of> = Readonly<Record<keyof Of, true>>

const OPTIONS: Names<Surroundings & Signed & Declared> = {
  replay: true,
  revocations: true,
  revocationGraceSeconds: true,
  nonceSecrets: true,
  introspection: true,
  singleInstance: true,
  resourceMetadata: true,
  sink: true,
  clock: true,
  fetch: true,
  spendDeadlineMs: true,
  maxContentBytes: true,
  slice: true,
  sliceKey: true,
  base: true,
  issuer: true,
  audience: true,
  routes: true,
  profile: true,
  nonce: true,
  maxTokenLifetime: true,
  maxProofAge: true,
  terminators: true,
  name: true,
}

const ISSUER: Names<DeclaredIssuer> = {
  url: true,
  clients: true,
  algs: true,
  typ: true,
  jwksUri: true,
  revocations: true,
  introspection: true,
  introspects: true,
  grantClaim: true,
  extraConfirmation: true,
}

const ROUTE: Names<DeclaredRoute> = { path: true, clients: true, bindings: true, audience: true, body: true, observeUntil: true }

/** An option that is misspelt would be one that is not there: with `route` for `routes` every client might use every path. */
export function requireKnown(options: object): void {
  const { issuer, routes } = options as Partial<Declared>
  requireNames(options, OPTIONS, 'the options')
  if (Array.isArray(issuer)) for (const one of issuer) requireNames(one, ISSUER, 'an issuer')
  if (Array.isArray(routes)) for (const one of routes) requireNames(one, ROUTE, 'a route')
}

function requireNames(given: object, known: Readonly<Record<string, true>>, where: string): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  throw new ConfigError('config.unknown-option', `${where} cannot have "${unknown}"; there are ${Object.keys(known).join(', ')}`)
}
