/** What oidc-provider checks proofs with for its own grants; it offers them to no other. Its version is pinned exactly. */
declare module 'oidc-provider/lib/helpers/validate_dpop.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

  type Proof = { readonly thumbprint: string; readonly jti: string; readonly iat: number }
  export default function validateDpop(provider: Provider, context: KoaContextWithOIDC): Promise<Proof | undefined>
  export function checkDpopReplay(provider: Provider, context: KoaContextWithOIDC, proof: Proof, clientId: string): Promise<void>
}
