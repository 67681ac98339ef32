import type { ControlId, Layer } from './chain.js'

export type { ControlId }

/** What a control is judged at: the issuer, each hop of a role, each client, the chain as a whole. */
export type Place = 'issuer' | 'entry' | 'forwarder' | 'enforcer' | 'network' | 'client' | 'chain'

export type Control = {
  readonly id: ControlId
  readonly title: string
  readonly statement: string
  readonly layer: Layer
  readonly tier: 'core' | 'extended'
  readonly severity: 'critical' | 'high' | 'medium'
  /** Where an instance of it exists. */
  readonly place: Place
  /** ISO 8601 durations after which evidence of that kind no longer counts. */
  readonly freshness: { readonly runtimeTelemetry: string; readonly activeProbe: string; readonly humanReview: string }
  readonly waiver: {
    readonly allowed: boolean
    readonly maxDays: number
    readonly minApprovals: number
    readonly requiredCompensating: readonly ('shortTtl' | 'enhancedMonitoring' | 'clientAllowlist' | 'networkRestriction')[]
  }
  readonly frameworks: Readonly<Record<string, readonly string[]>>
  /** What to do when it is broken: one sentence an engineer can act on. */
  readonly remedy: string
}
