import type { ControlId, HopId, Layer, Position } from './chain.js'
import type { Verdict } from './verdict.js'

/** What the runner concluded of one attack. Only `breached` and `held` say something about the chain. */
export type Outcome = 'breached' | 'held' | 'masked' | 'inconclusive' | 'not-applicable' | 'not-run'

/** `everyhop.report/1`: versioned and stable; members are added, never changed or removed within a version. */
export type Report = {
  readonly schema: 'everyhop.report/1'
  readonly chain: string
  readonly environment: string
  /** Digest of the compiled chain. */
  readonly manifest: string
  /** The outcome of the run: what the attacks that could reach the chain showed. */
  readonly verdict: Verdict
  /** The assurance of the chain: every applicable control, those that no attack reached included. */
  readonly assurance: Verdict
  /** RFC 3339. */
  readonly startedAt: string
  readonly durationMs: number
  readonly requests: number
  readonly hops: readonly HopVerdict[]
  readonly controls: readonly ControlVerdict[]
  readonly findings: readonly Finding[]
  readonly attacks: readonly AttackResult[]
  /** Which kinds of evidence there were: how sharp the attribution therefore is. */
  readonly evidence: { readonly witnesses: readonly HopId[]; readonly directIngress: readonly HopId[]; readonly canary: boolean }
  /** Routes on which refusals are recorded only, and until when (RFC 3339): nothing on them counts as proven. Absent where there are none. */
  readonly observed?: readonly { readonly route: string; readonly until: string; readonly owner: string; readonly contact: string }[]
  /** Chose which requests went without a run tag: the same seed chooses the same. */
  readonly seed?: number
  /** What changed since an earlier report; absent where it was compared with none. */
  readonly baseline?: Baseline
  /** How soon revocation was known, where that was measured. */
  readonly revocation?: readonly RevocationMeasure[]
  /** What the run was allowed to do, and why. */
  readonly permission: { readonly class: 'P1' | 'P2' | 'P3'; readonly requestsPerSecond: number; readonly reason: string }
}

/** Time from the issuer's acknowledgement to the first of refusals that no acceptance followed. */
export type RevocationMeasure = {
  readonly by: 'token' | 'client' | 'key' | 'grant'
  /** Whether the requests came as those of clients do, or straight to the application, behind hops that the prober played. */
  readonly entered: 'edge' | 'direct'
  /** Who refused, or the ends of the way that did. */
  readonly at: HopId | readonly [HopId, HopId]
  /** Milliseconds, in the order of the measurement; null where it was let in to the end. Empty where nothing could be measured. */
  readonly samples: readonly (number | null)[]
  /** Why there are no samples. */
  readonly reason?: string
}

/** This run beside an earlier report of the same chain and environment. */
export type Baseline = {
  /** Of the earlier report. RFC 3339. */
  readonly startedAt: string
  /** The worst verdict of what is worse than it was, or has a new finding; `holds` where nothing is and has. */
  readonly verdict: Verdict
  /** The same, with the controls that no attack of this run reached. */
  readonly assurance: Verdict
  readonly new: number
  readonly persisting: number
  /** Findings of the earlier report whose attack held this time. */
  readonly fixed: readonly EarlierFinding[]
  /** Findings of the earlier report of which this run tells nothing: their attack came to no conclusion, or got in elsewhere. */
  readonly untold: readonly EarlierFinding[]
}

export type EarlierFinding = Pick<Finding, 'attack' | 'title' | 'control' | 'severity' | 'hop' | 'layer' | 'owner' | 'contact'> & { readonly reason: string }

export type HopVerdict = {
  /** `issuer`, `issuer:NAME`, or a hop's id. */
  readonly hop: HopId
  readonly kind: string
  readonly layer: Layer
  readonly owner: string
  readonly verdict: Verdict
  readonly forward?: string
}

export type ControlVerdict = {
  readonly control: ControlId
  readonly place: string
  readonly owner: string
  readonly verdict: Verdict
  readonly reason: string
  readonly waiver?: string
}

export type AttackResult = {
  readonly attack: string
  readonly title: string
  readonly control: ControlId
  readonly class: 'P1' | 'P2' | 'P3'
  readonly outcome: Outcome
  readonly reason: string
  readonly route?: string
  readonly durationMs: number
}

export type Finding = {
  readonly attack: string
  readonly title: string
  readonly control: ControlId
  readonly severity: 'critical' | 'high' | 'medium'
  readonly outcome: 'breached' | 'inconclusive' | 'masked'
  /** The hop at fault, or the ends of the smallest interval of hops that is. */
  readonly hop: HopId | readonly [HopId, HopId]
  readonly layer: Layer
  readonly owner: string
  readonly contact: string
  readonly coFaults: readonly {
    readonly hop: HopId
    readonly layer: Layer
    readonly owner: string
    readonly contact: string
    readonly control: ControlId
    readonly reason: string
  }[]
  /** What was seen, in sentences; never a token, proof, key or secret. */
  readonly evidence: readonly string[]
  readonly frameworks: Readonly<Record<string, readonly string[]>>
  /** What to do next. */
  readonly remedy: string
  readonly reproduce: string
  /** Whether the earlier report had it; absent where it was compared with none. */
  readonly change?: 'new' | 'persisting'
  readonly waiver?: string
  readonly route?: string
  /** Where the manifest declares what was broken. */
  readonly at?: Position
}
