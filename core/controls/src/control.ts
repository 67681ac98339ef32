import type { ClientKind, ControlId, Layer } from '@everyhop/chain'

export type { ControlId }

/**
 * What a control is judged at: the issuer, each hop of a role, the network between them, each client, the chain as a whole.
 * Clients enter at an `entry`; a `forwarder` passes requests on; an `enforcer` answers them, or checks alone for those behind it.
 */
export type Place = 'issuer' | 'entry' | 'forwarder' | 'enforcer' | 'replay-authority' | 'network' | 'client' | 'chain'

export type CompensatingKind = 'shortTtl' | 'enhancedMonitoring' | 'clientAllowlist' | 'networkRestriction'

export type Control = {
  readonly id: ControlId
  readonly title: string
  readonly statement: string
  readonly layer: Layer
  readonly tier: 'core' | 'extended'
  readonly severity: 'critical' | 'high' | 'medium'
  /** Where an instance of it exists. */
  readonly place: Place
  /** The kind of client without which the control does not apply. */
  readonly onlyFor?: ClientKind
  /** ISO 8601 durations after which evidence of that kind no longer counts. */
  readonly freshness: { readonly runtimeTelemetry: string; readonly activeProbe: string; readonly humanReview: string }
  readonly waiver: {
    readonly allowed: boolean
    readonly maxDays: number
    readonly minApprovals: number
    readonly requiredCompensating: readonly CompensatingKind[]
  }
  readonly frameworks: Readonly<Record<string, readonly string[]>>
  /** What to do when it is broken: one sentence an engineer can act on. */
  readonly remedy: string
}
