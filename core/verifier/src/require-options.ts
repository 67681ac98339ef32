import type { Slice } from '@everyhop/chain'
import { ConfigError } from './config-error.js'
import type { ReplayStore } from './replay/replay-store.js'
import type { RevocationStore } from './revocation/revocation-store.js'

/** The part of the options that has to fit the slice. */
export type FittingOptions = {
  readonly replay?: ReplayStore
  readonly revocations?: RevocationStore
  readonly revocationGraceSeconds?: number
  readonly nonceSecrets?: readonly Uint8Array[]
  readonly singleInstance?: boolean
  readonly spendDeadlineMs?: number
}

const LONGEST_DEADLINE_MS = 30_000
const LONGEST_GRACE = 300

/** Throws ConfigError where slice and options together would accept what they must refuse, or refuse what they must accept. */
export function requireFitting({ hop, production, replayAuthority, routes, proof }: Slice, options: FittingOptions): void {
  const { replay, revocations, revocationGraceSeconds = 0, nonceSecrets, singleInstance = false, spendDeadlineMs = 1 } = options
  const spends = replayAuthority || routes.some(({ mode }) => mode === 'attested')
  if (spends && !replay) throw new ConfigError('config.replay-missing', `hop ${hop} must remember what was spent: give a replay store`)
  if (spends && production && replay?.scope === 'process' && !singleInstance) {
    // Each instance would accept a proof once.
    throw new ConfigError(
      'config.replay-unshared',
      `hop ${hop} is in production and its replay store is of this process alone: give one that all instances share, or say singleInstance: true`,
    )
  }
  if (production && revocations?.scope === 'process' && !singleInstance) {
    // What is revoked at one instance would stay good at the others.
    throw new ConfigError(
      'config.revocations-unshared',
      `hop ${hop} is in production and its revocation store is of this process alone: give one that all instances share, or say singleInstance: true`,
    )
  }
  if (!(revocationGraceSeconds >= 0 && revocationGraceSeconds <= LONGEST_GRACE)) {
    throw new ConfigError('config.revocation-grace', `revocationGraceSeconds is not between 0 and ${LONGEST_GRACE} seconds`)
  }
  if (proof.nonce === 'required' && !replayAuthority && nonceSecrets) {
    // Clients could satisfy one of the two only.
    throw new ConfigError('config.nonce-authority', `hop ${hop} is not the replay authority of its segment, which alone gives nonces: give it no nonceSecrets`)
  }
  if (!(spendDeadlineMs > 0 && spendDeadlineMs <= LONGEST_DEADLINE_MS)) {
    throw new ConfigError('config.spend-deadline', `spendDeadlineMs is not between 1 and ${LONGEST_DEADLINE_MS} milliseconds`)
  }
}
