import { BEARER_CONTROL, type Chain, type ControlId, type TeamId, type Waiver } from '@everyhop/chain'
import type { CompensatingKind } from './control.js'
import { CONTROLS } from './controls.js'
import { responsibilities } from './responsibilities.js'

const DAY = 86_400
const MAX_DAYS_WITHOUT_NETWORK = 30

export type WaiverProblem = { readonly code: `waiver.${string}`; readonly field: string; readonly message: string; readonly hint: string }

/**
 * What is wrong with a waiver at any time: scope, approvals, length, compensating controls. Whether it is in force now is `waiverInForce`.
 *
 * Approvals are names that the manifest records. Nothing here proves that these people agreed: whoever may change the manifest may write them.
 * What protects them is the review of that change, until approvals are signatures.
 */
export function waiverProblems(waiver: Waiver, chain: Chain): readonly WaiverProblem[] {
  const control = CONTROLS.get(waiver.control)
  if (control === undefined) return [problem('waiver.control', 'control', `${waiver.control} is not a control`, 'see `everyhop explain`')]
  if (!control.waiver.allowed) {
    return [problem('waiver.forbidden', 'control', `${control.id} (${control.title}) cannot be waived`, 'make the control hold instead')]
  }
  return [...scopeProblems(waiver), ...approvalProblems(waiver, chain), ...lengthProblems(waiver), ...compensatingProblems(waiver, chain)]
}

/** What remains although the waiver is sound: printed wherever the waiver is. */
export function waiverRisks(waiver: Waiver): readonly string[] {
  const anywhere = waiver.control === BEARER_CONTROL && waiver.compensating.networks.length === 0
  return anywhere ? [`${waiver.id}: whoever holds a token of ${waiver.clients.join(', ')} can use it from any network until it expires`] : []
}

function scopeProblems(waiver: Waiver): readonly WaiverProblem[] {
  const problems: WaiverProblem[] = []
  if (waiver.clients.length === 0) problems.push(problem('waiver.scope', 'clients', 'the waiver names no client', 'name the clients it is for'))
  if (waiver.routes.length + waiver.audiences.length === 0) {
    problems.push(problem('waiver.scope', '', 'the waiver names neither a route nor an audience', 'add `routes: [...]` or `audiences: [...]`'))
  }
  return problems
}

function approvalProblems(waiver: Waiver, chain: Chain): readonly WaiverProblem[] {
  const needed = CONTROLS.get(waiver.control)?.waiver.minApprovals ?? Number.POSITIVE_INFINITY
  const person = (name: string) => name.trim().toLowerCase()
  const others = waiver.approvers.filter(({ by }) => person(by) !== person(waiver.requestedBy))
  const people = new Set(others.map(({ by }) => person(by)))
  const problems: WaiverProblem[] = []
  if (others.length < waiver.approvers.length) {
    problems.push(problem('waiver.self-approved', 'approvers', 'the requester is among the approvers', 'have somebody else approve it'))
  }
  if (!(people.size >= needed)) {
    const found = `${people.size} ${people.size === 1 ? 'person' : 'people'}`
    problems.push(problem('waiver.approvals', 'approvers', `approved by ${found} other than the requester; ${needed} are needed`, 'add approvers'))
  }
  const owning = owningTeams(waiver.control, chain)
  if (!others.some(({ team }) => chain.teams.has(team) && !owning.has(team))) {
    const names = [...owning].join(', ')
    problems.push(problem('waiver.inside', 'approvers', `nobody outside the owning team (${names}) approved it`, 'add an approver of another team'))
  }
  return problems
}

/** The teams that answer for the control anywhere in the chain. */
const owningTeams = (control: ControlId, chain: Chain): ReadonlySet<TeamId> =>
  new Set(
    responsibilities(chain)
      .assignments.filter((assignment) => assignment.control === control)
      .map(({ team }) => team),
  )

function lengthProblems(waiver: Waiver): readonly WaiverProblem[] {
  const length = waiver.end - waiver.start
  if (!(length > 0)) return [problem('waiver.end', 'end', 'the waiver ends before it starts', 'put `end` after `start`')]
  const maxDays = CONTROLS.get(waiver.control)?.waiver.maxDays ?? 0
  const isOpen = waiver.control === BEARER_CONTROL && waiver.compensating.networks.length === 0
  const allowed = isOpen ? Math.min(maxDays, MAX_DAYS_WITHOUT_NETWORK) : maxDays
  if (length <= allowed * DAY) return []
  const why = isOpen && allowed < maxDays ? ' without a network restriction' : ''
  const hint =
    why === '' ? `end it at most ${allowed} days after its start` : `end it earlier, or add \`networks\` to its compensating controls (then ${maxDays})`
  return [problem('waiver.length', 'end', `the waiver is for ${Math.ceil(length / DAY)} days; at most ${allowed} are allowed${why}`, hint)]
}

function compensatingProblems(waiver: Waiver, chain: Chain): readonly WaiverProblem[] {
  const { tokenLifetime, monitoring, allowlist } = waiver.compensating
  const required = CONTROLS.get(waiver.control)?.waiver.requiredCompensating ?? []
  const problems = required
    .filter((kind) => !COMPENSATES[kind].present(waiver))
    .map((kind) => problem('waiver.compensating', 'compensating', COMPENSATES[kind].missing, COMPENSATES[kind].hint))
  if (tokenLifetime !== undefined && !(tokenLifetime < chain.policy.tokenLifetime)) {
    problems.push(
      problem(
        'waiver.lifetime',
        'compensating/tokenLifetime',
        'the ceiling is not below that of bound tokens',
        `make it less than ${chain.policy.tokenLifetime}s`,
      ),
    )
  }
  if (waiver.control === BEARER_CONTROL && monitoring !== undefined && monitoring.tested === undefined) {
    problems.push(
      problem('waiver.untested', 'compensating/monitoring', 'its alert was never tested', 'send a test alert and add its date: `tested: 2026-01-31`'),
    )
  }
  const unlisted = allowlist.length === 0 ? [] : waiver.clients.filter((client) => !allowlist.includes(client))
  if (unlisted.length > 0) {
    problems.push(problem('waiver.unlisted', 'compensating/allowlist', `the allowlist lacks ${unlisted.join(', ')}`, 'list every client of the waiver'))
  }
  return problems
}

const COMPENSATES: Readonly<Record<CompensatingKind, { readonly present: (waiver: Waiver) => boolean; readonly missing: string; readonly hint: string }>> = {
  shortTtl: {
    present: ({ compensating }) => (compensating.tokenLifetime ?? 0) > 0,
    missing: 'there is no ceiling on the lifetime of its tokens',
    hint: 'add `compensating: { tokenLifetime: 5m }`',
  },
  enhancedMonitoring: {
    present: ({ compensating }) => compensating.monitoring !== undefined,
    missing: 'nobody is told of its use',
    hint: 'add `compensating: { monitoring: { channel: ..., tested: DATE } }`',
  },
  clientAllowlist: {
    present: ({ compensating }) => compensating.allowlist.length > 0,
    missing: 'there is no allowlist of clients',
    hint: 'add `compensating: { allowlist: [...] }`',
  },
  networkRestriction: {
    present: ({ compensating }) => compensating.networks.length > 0,
    missing: 'it is not restricted to networks',
    hint: 'add `compensating: { networks: [192.0.2.0/24] }`',
  },
}

const problem = (code: WaiverProblem['code'], field: string, message: string, hint: string): WaiverProblem => ({ code, field, message, hint })
