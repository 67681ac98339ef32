import type { ProofAlg, TokenAlg } from './policy.js'

/** What a named profile settles of a policy, and how far a deployment may move from it without leaving the profile. Times in seconds. */
export type Profile = {
  /** Of tokens too: a binding that is missing here is refused. */
  readonly bindings: readonly ('dpop' | 'mtls')[]
  readonly proofAlgs: readonly ProofAlg[]
  readonly tokenAlgs: readonly TokenAlg[]
  /** As in `Policy`. */
  readonly maxAge: number
  readonly maxEarly: number
  readonly skew: number
  readonly tokenLifetime: number
  readonly nonce: 'off' | 'required'
  /** The least and the most of each time that still is this profile. */
  readonly limits: Readonly<Record<ProfileTime, readonly [least: number, most: number]>>
}

export type ProfileName = 'default' | 'fapi2' | 'mcp'
export type ProfileTime = 'maxAge' | 'maxEarly' | 'skew' | 'tokenLifetime'

const ED = ['EdDSA', 'Ed25519'] as const
const DAY = 86_400

export const PROFILES: Readonly<Record<ProfileName, Profile>> = deepFreeze({
  /** RFC 9449 with short times: clocks that are kept, algorithms that are cheap to verify. */
  default: {
    bindings: ['dpop', 'mtls'],
    proofAlgs: ['ES256', ...ED],
    tokenAlgs: ['ES256'],
    maxAge: 60,
    maxEarly: 5,
    skew: 5,
    tokenLifetime: 600,
    nonce: 'off',
    limits: { maxAge: [1, 300], maxEarly: [0, 300], skew: [0, 60], tokenLifetime: [1, DAY] },
  },
  /**
   * FAPI 2.0 Security Profile, final: times up to 10 seconds ahead are accepted, more than 60 are refused (§5.3.2.1);
   * PS256, ES256 or EdDSA over Ed25519 (§5.4).
   */
  fapi2: {
    bindings: ['dpop', 'mtls'],
    proofAlgs: ['PS256', 'ES256', ...ED],
    tokenAlgs: ['PS256', 'ES256', ...ED],
    maxAge: 60,
    maxEarly: 10,
    skew: 10,
    tokenLifetime: 600,
    nonce: 'off',
    limits: { maxAge: [1, 300], maxEarly: [10, 60], skew: [10, 60], tokenLifetime: [1, DAY] },
  },
  /** The DPoP profile proposed for MCP (SEP-1932, a draft): proofs up to five minutes before and after. */
  mcp: {
    bindings: ['dpop'],
    proofAlgs: ['ES256', 'ES384', 'ES512', ...ED, 'PS256', 'PS384', 'PS512'],
    tokenAlgs: ['ES256', 'ES384', 'ES512', ...ED, 'PS256', 'PS384', 'PS512'],
    maxAge: 300,
    maxEarly: 300,
    skew: 5,
    tokenLifetime: 3_600,
    nonce: 'off',
    limits: { maxAge: [300, 300], maxEarly: [300, 300], skew: [0, 60], tokenLifetime: [1, DAY] },
  },
})

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  return Object.freeze(value)
}
