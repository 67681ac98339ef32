import type { ProofAlg, TokenAlg } from '@everyhop/chain'
import type { ProofAlg as EngineProofAlg, TokenAlg as EngineTokenAlg } from '@everyhop/proof'
import { expectTypeOf, test } from 'vitest'

/** The type check is the test: what the manifest can name is what the engine verifies, `Ed25519` being its other name for EdDSA. */
test('the manifest names the algorithms that the engine knows, no more and no fewer', () => {
  expectTypeOf<ProofAlg>().toEqualTypeOf<Exclude<EngineProofAlg, 'Ed25519'>>()
  expectTypeOf<TokenAlg>().toEqualTypeOf<Exclude<EngineTokenAlg, 'Ed25519'>>()
})
