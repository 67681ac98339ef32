import type { Slice } from '@everyhop/chain'
import type { ProofAlg } from '@everyhop/proof'

/** What a resource tells clients that do not know it yet. RFC 9728 §2. */
export type ResourceMetadata = {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly bearer_methods_supported: readonly 'header'[]
  readonly dpop_signing_alg_values_supported?: readonly ProofAlg[]
  readonly dpop_bound_access_tokens_required: boolean
  readonly tls_client_certificate_bound_access_tokens: boolean
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Under which schemes any route of the slice takes tokens: one that is bound to a certificate alone comes under Bearer (RFC 8705 §3). */
export function schemesOf({ routes, waivers }: Pick<Slice, 'routes' | 'waivers'>): readonly ('DPoP' | 'Bearer')[] {
  const takesDpop = routes.some(({ bindings }) => bindings.includes('dpop'))
  const takesBearer = waivers.length > 0 || routes.some(({ bindings }) => bindings.includes('mtls'))
  return [...(takesDpop ? (['DPoP'] as const) : []), ...(takesBearer ? (['Bearer'] as const) : [])]
}

/** The metadata of the resource under one external base of the slice. `algs` are those that proofs may have. */
export function resourceMetadataOf(slice: Slice, base: string, algs: readonly ProofAlg[] = slice.proof.algs): ResourceMetadata {
  const schemes = schemesOf(slice)
  return {
    resource: resourceOf(base),
    authorization_servers: slice.issuers.map(({ url }) => url),
    bearer_methods_supported: schemes.includes('Bearer') ? ['header'] : [],
    ...(schemes.includes('DPoP') && { dpop_signing_alg_values_supported: algs }),
    dpop_bound_access_tokens_required: schemes.length === 1 && schemes[0] === 'DPoP',
    tls_client_certificate_bound_access_tokens: slice.routes.some(({ bindings }) => bindings.includes('mtls')),
  }
}

/** Where clients look for it: the well-known part comes before the path of the resource. RFC 9728 §3. */
export function resourceMetadataUrl(base: string): string {
  const { origin, pathname } = new URL(base)
  return origin + WELL_KNOWN + (pathname === '/' ? '' : pathname)
}

/** A slash that ends a URL without path is nothing that a client would write. */
const resourceOf = (base: string): string => (new URL(base).pathname === '/' ? base.replace(/\/$/, '') : base)
