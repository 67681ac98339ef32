import type { BindingPolicy, Chain } from '@everyhop/chain'
import { PROFILES, type ProfileName, type ProfileTime } from '@everyhop/proof'
import type { Context } from './context.js'
import type { Path } from './tree.js'
import { seconds } from './units.js'

/** What each time is called in a profile. */
const TIMES = { tokenLifetime: 'tokenLifetime', proofAge: 'maxAge', proofEarly: 'maxEarly', skew: 'skew' } as const satisfies Record<string, ProfileTime>
const MAX_ATTESTATION_AGE = 60

/** What a named profile demands, where it says so. */
const DEMANDS = {
  fapi2: {
    algorithms: 'FAPI 2.0 Security Profile, section 5.4: PS256, ES256 or EdDSA over Ed25519',
    bindings: 'FAPI 2.0 Security Profile, section 5.3.4: mutual TLS or DPoP',
    times: 'FAPI 2.0 Security Profile, section 5.3.2.1: up to 10 seconds ahead must be accepted, more than 60 refused',
    bearer: 'FAPI 2.0 Security Profile, section 5.3.2.1: only sender-constrained access tokens',
    revocation: 'FAPI 2.0 Security Profile, section 5.3.4: whether a token was revoked must be verified',
  },
  mcp: {
    algorithms: 'the DPoP profile proposed for MCP (SEP-1932, a draft)',
    bindings: 'the DPoP profile proposed for MCP (SEP-1932, a draft): DPoP',
    times: 'the DPoP profile proposed for MCP (SEP-1932, a draft): proofs up to five minutes before and after',
  },
} as const satisfies Record<Exclude<ProfileName, 'default'>, object>

const profileOf = ({ manifest }: Context): ProfileName => manifest.policy?.profile ?? 'default'

/** The policy with the profile's values where the file gives none. What it gives may be stricter than the profile, and no laxer. */
export function compilePolicy(context: Context): BindingPolicy {
  const given = context.manifest.policy ?? {}
  const name = context.or(given.profile, 'default', ['policy', 'profile'], 'short times, and algorithms that are cheap to verify')
  const profile = PROFILES[name]
  const why = (reason: string): string => (name === 'default' ? reason : `as the profile ${name} has it`)
  const time = (key: keyof typeof TIMES, fallback: string, reason: string): number => {
    const value = seconds(context.or(given[key], fallback, ['policy', key], why(reason)))
    const [least, most] = profile.limits[TIMES[key]]
    if (value <= most && value >= least) return value
    const range = least === most ? `must be ${most}s` : value > most ? `may be at most ${most}s` : `must be at least ${least}s`
    // Where the file gives none, the value follows from another one, which is at fault then.
    const here: Path = ['policy', given[key] === undefined ? 'skew' : key]
    if (name === 'default') context.report(here, 'policy.limit', `${key} ${range}`, `lower it; ${fallback} is usual`)
    else context.report(here, 'profile.limit', `${key} ${range} under the profile ${name}`, DEMANDS[name].times)
    return value
  }
  const usual = (key: keyof typeof TIMES): string => `${profile[TIMES[key]]}s`
  const binding: BindingPolicy['binding'] = context.or(given.binding, ['dpop'], ['policy', 'binding'], 'works through any hop')
  const algs = name === 'default' ? PROFILES.default.proofAlgs : profile.proofAlgs
  const proofAlgs = context.or(given.proofAlg, algs.filter(isNamed), ['policy', 'proofAlg'], why('asymmetric, and short to verify'))
  if (name !== 'default') {
    binding.forEach((one, index) => demand(context, name, 'bindings', profile.bindings, one, ['policy', 'binding', index]))
    proofAlgs.forEach((one, index) => demand(context, name, 'algorithms', profile.proofAlgs, one, ['policy', 'proofAlg', index]))
  }
  const attestationAge = seconds(context.or(given.attestationAge, '10s', ['policy', 'attestationAge'], 'how long the attestation of a hop lives'))
  if (!(attestationAge <= MAX_ATTESTATION_AGE))
    context.report(['policy', 'attestationAge'], 'policy.limit', `attestationAge may be at most ${MAX_ATTESTATION_AGE}s`, 'lower it; 10s is usual')
  return {
    binding,
    proofAlgs,
    tokenLifetime: time('tokenLifetime', usual('tokenLifetime'), 'how long a stolen key and token are worth something'),
    proofAge: time('proofAge', usual('proofAge'), 'how long a captured proof could live'),
    skew: time('skew', usual('skew'), 'clocks differ'),
    proofEarly: time('proofEarly', name === 'default' ? (given.skew ?? usual('skew')) : usual('proofEarly'), 'as much as clocks differ'),
    attestationAge,
    nonce: context.or(given.nonce, profile.nonce, ['policy', 'nonce'], 'a nonce costs clients one more round'),
  }
}

/** `Ed25519` is EdDSA by its other name: the file has one. */
const isNamed = (alg: string): alg is BindingPolicy['proofAlgs'][number] => alg !== 'Ed25519'

function demand(
  context: Context,
  name: Exclude<ProfileName, 'default'>,
  what: 'algorithms' | 'bindings',
  allowed: readonly string[],
  value: string,
  path: Path,
): void {
  if (!allowed.includes(value)) context.report(path, `profile.${what}`, `${value} is not of the profile ${name}`, DEMANDS[name][what])
}

/** What a profile demands of issuers and clients, besides the policy. */
export function checkProfile(context: Context, { issuer, issuers, clients }: Pick<Chain, 'issuer' | 'issuers' | 'clients'>): void {
  const name = profileOf(context)
  if (name === 'default') return
  const profile = PROFILES[name]
  for (const [path, one] of [[['issuer'], issuer] as const, ...[...issuers].map(([id, further]) => [['issuers', id], further] as const)]) {
    one.tokens.algs.forEach((alg, index) => demand(context, name, 'algorithms', profile.tokenAlgs, alg, [...path, 'tokens', 'alg', index]))
    const isAsked = one.introspects?.includes('jwt') === true || one.tokens.algs.length === 0
    if (name === 'fapi2' && one.revocations === undefined && !isAsked)
      context.report(
        path,
        'profile.revocation',
        `whether a token of ${one.url} was revoked cannot be known`,
        `add \`revocations: https://...\`, or \`introspection\` with \`introspects: [opaque, jwt]\` (${DEMANDS.fapi2.revocation})`,
      )
  }
  for (const client of clients.values()) {
    client.binding.forEach((one, index) => demand(context, name, 'bindings', profile.bindings, one, ['clients', client.id, 'binding', index]))
    if (name === 'fapi2' && client.waiver !== undefined)
      context.report(
        ['clients', client.id, 'waiver'],
        'profile.bearer',
        `\`${client.id}\` may use bearer tokens, which the profile fapi2 has none of`,
        `bind it, or leave the profile (${DEMANDS.fapi2.bearer})`,
      )
  }
}
