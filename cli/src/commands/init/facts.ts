import type { Discovered, FirstToken } from '@everyhop/prober'
import { textsIn } from '@everyhop/prober'
import type { Answers, Gateway } from './answers.js'

/** A value with where it is from; without a source it is a guess, and marked as unknown. */
export type Known<Value> = { readonly value: Value; readonly from?: string }

/** Everything that the manifest is written from. */
export type Facts = {
  readonly chain: string
  readonly base: string
  readonly path: string
  readonly issuer: Known<string>
  readonly gateway: Known<Gateway>
  readonly binding: Known<'dpop' | 'mtls'>
  readonly proofAlgs: Known<readonly string[]>
  readonly tokenAlgs: Known<readonly string[]>
  readonly tokenTypes: Known<readonly string[]>
  /** Seconds. */
  readonly lifetime: Known<number>
  readonly audience: Known<readonly string[]>
  readonly introspection?: string
  readonly isOpaque: boolean
  readonly client: string
  /** The one that plays the thief. */
  readonly second?: string
  readonly runner: string
  readonly isOnThisMachine: boolean
}

const PROOF_ALGS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512']
const TOKEN_ALGS = [...PROOF_ALGS, 'RS256']
const OF_ISSUER = 'the metadata of the issuer (RFC 8414)'
const OF_RESOURCE = 'the metadata of the resource (RFC 9728)'
const OF_TOKEN = 'a token that it gave'

export function factsOf(answers: Answers, { edge, resource, issuer }: Discovered, token?: FirstToken): Facts {
  const url = new URL(answers.url)
  const metadata = issuer?.metadata ?? {}
  const { header = {}, claims = {} } = token ?? {}
  const isOpaque = token !== undefined && Object.keys(token.claims).length === 0
  const alg = TOKEN_ALGS.find((one) => one === header['alg'])
  const typ = typeof header['typ'] === 'string' ? header['typ'].replace(/^application\//i, '') : undefined
  const seconds = Number(claims['exp']) - Number(claims['iat'])
  const audience = [claims['aud']].flat().filter((one): one is string => typeof one === 'string')
  const introspection = metadata['introspection_endpoint']
  return {
    chain: answers.chain,
    base: url.origin,
    path: url.pathname,
    issuer: { value: issuer?.url ?? answers.issuer ?? 'https://unknown.example', ...(issuer && { from: OF_ISSUER }) },
    gateway: gatewayOf(answers, edge?.server),
    binding: bindingOf(answers, { edge, resource, metadata, claims }),
    proofAlgs: proofAlgsOf(resource, metadata),
    tokenAlgs: isOpaque ? { value: [], from: `${OF_TOKEN}, which is opaque` } : { value: [alg ?? 'ES256'], ...(alg && { from: OF_TOKEN }) },
    tokenTypes: { value: [typ ?? 'at+jwt'], ...(typ !== undefined && { from: OF_TOKEN }) },
    lifetime: seconds > 0 ? { value: seconds, from: OF_TOKEN } : { value: 600 },
    audience: audience.length > 0 ? { value: audience, from: OF_TOKEN } : { value: [] },
    ...(isOpaque && typeof introspection === 'string' ? { introspection } : {}),
    isOpaque,
    client: answers.client,
    ...(answers.secondClient === undefined ? {} : { second: answers.secondClient }),
    runner: answers.runner,
    isOnThisMachine: url.protocol === 'http:',
  }
}

/** What the gateway calls itself in `Server`; one that says nothing is there all the same, perhaps. */
function gatewayOf({ gateway }: Answers, server = ''): Known<Gateway> {
  if (gateway !== undefined) return { value: gateway, from: 'you' }
  const kinds = [
    [/nginx|openresty/i, 'nginx'],
    [/caddy/i, 'caddy'],
    [/apache/i, 'apache'],
    [/envoy/i, 'envoy'],
    [/haproxy/i, 'haproxy'],
  ] as const
  const kind = kinds.find(([pattern]) => pattern.test(server))?.[1]
  return kind === undefined ? { value: 'other' } : { value: kind, from: 'its field Server' }
}

type Seen = {
  readonly edge: Discovered['edge']
  readonly resource: Discovered['resource']
  readonly metadata: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

function bindingOf({ certificate }: Answers, { edge, resource, metadata, claims }: Seen): Known<'dpop' | 'mtls'> {
  const cnf = claims['cnf']
  if (typeof cnf === 'object' && cnf !== null && 'jkt' in cnf) return { value: 'dpop', from: OF_TOKEN }
  if (typeof cnf === 'object' && cnf !== null && 'x5t#S256' in cnf) return { value: 'mtls', from: OF_TOKEN }
  if (resource?.['dpop_bound_access_tokens_required'] === true) return { value: 'dpop', from: OF_RESOURCE }
  if (edge?.schemes.includes('DPoP')) return { value: 'dpop', from: 'its challenge' }
  if (textsIn(metadata['dpop_signing_alg_values_supported']).length > 0) return { value: 'dpop', from: OF_ISSUER }
  if (certificate !== undefined && metadata['tls_client_certificate_bound_access_tokens'] === true) return { value: 'mtls', from: OF_ISSUER }
  return { value: 'dpop' }
}

function proofAlgsOf(resource: Discovered['resource'], metadata: Readonly<Record<string, unknown>>): Known<readonly string[]> {
  const name = 'dpop_signing_alg_values_supported'
  for (const [said, from] of [
    [resource?.[name], OF_RESOURCE],
    [metadata[name], OF_ISSUER],
  ] as const) {
    const value = PROOF_ALGS.filter((alg) => textsIn(said).includes(alg))
    if (value.length > 0) return { value, from }
  }
  return { value: ['ES256'] }
}
