import type { AccountableOverride, Chain, ControlId, Position, Team, TeamId } from '@everyhop/chain'
import type { Control } from './control.js'
import { controlOf, CONTROLS } from './controls.js'
import { issuerPlaces, placesOf, type PlaceOwner } from './places.js'

/** One control at one place, and the one team that answers when it fails there. */
export type Assignment = { readonly control: ControlId; readonly place: string; readonly team: TeamId }

export type ResponsibilityProblem = {
  readonly kind: 'gap' | 'tie' | 'no-such-place'
  readonly control: ControlId
  readonly place: string
  /** Those that all claim it; none for a gap. */
  readonly teams: readonly TeamId[]
  readonly message: string
  readonly hint: string
  /** The override at fault, where there is one. */
  readonly at?: Position
}

type Answer = { readonly team: TeamId } | { readonly teams: readonly TeamId[]; readonly at?: Position; readonly hint: string }

/** Who is accountable for each control at each place. A control that nobody or more than one team answers for is a problem by name. */
export function responsibilities(chain: Chain): { readonly assignments: readonly Assignment[]; readonly problems: readonly ResponsibilityProblem[] } {
  const assignments: Assignment[] = []
  const problems: ResponsibilityProblem[] = []
  for (const control of CONTROLS.values()) {
    const places = placesOf(chain, control)
    for (const place of places) {
      const answer = accountable(chain, control, place)
      if ('team' in answer) assignments.push({ control: control.id, place: place.place, team: answer.team })
      else problems.push(unresolved(control, place.place, answer))
    }
    problems.push(...misplaced(chain, control, places))
  }
  return { assignments, problems }
}

/**
 * The team that answers for a control at a place. Where the control is not judged at that place, the place's own owner answers:
 * an application that lets in what came around the edge has its owner, whoever owns the network.
 * Throws where the chain does not resolve to one team, which a manifest that loads never does.
 */
export function ownerOf(chain: Chain, control: ControlId, place: string): Team {
  const places = placesOf(chain, controlOf(control))
  const known = places.find((candidate) => candidate.place === place) ?? { place, owners: ownersAt(chain, place) }
  const answer = accountable(chain, controlOf(control), known)
  const team = 'team' in answer ? chain.teams.get(answer.team) : undefined
  if (team === undefined) throw new TypeError('no one team is accountable for this control at this place')
  return team
}

function ownersAt(chain: Chain, place: string): readonly TeamId[] {
  const issuer = issuerPlaces(chain).find(([name]) => name === place)?.[1]
  if (issuer !== undefined) return [issuer.owner]
  if (place === 'network' && chain.network !== undefined) return [chain.network]
  const owner = place.startsWith('client:') ? chain.clients.get(place.slice('client:'.length))?.owner : chain.hops.get(place)?.owner
  return owner === undefined ? [] : [owner]
}

function accountable(chain: Chain, control: Control, { place, owners }: PlaceOwner): Answer {
  const overrides = overridesFor(chain.accountable, control.id, place)
  const claims = unique(overrides.length > 0 ? overrides.map(({ team }) => team) : owners)
  const [team] = claims
  if (team !== undefined && claims.length === 1) return { team }
  const at = overrides[0]?.at
  return { teams: claims, hint: adviceFor(control, place, claims), ...(at === undefined ? {} : { at }) }
}

/** What names the place wins over what names the control alone. */
function overridesFor(all: readonly AccountableOverride[], control: ControlId, place: string): readonly AccountableOverride[] {
  const ours = all.filter((override) => override.control === control)
  const exact = ours.filter((override) => override.place === place)
  return exact.length > 0 ? exact : ours.filter((override) => override.place === undefined)
}

function unresolved(control: Control, place: string, answer: Extract<Answer, { teams: unknown }>): ResponsibilityProblem {
  const { teams, hint, at } = answer
  const where = place === 'chain' ? 'for the chain' : place === 'network' ? 'for the network' : `at ${place}`
  const message =
    teams.length === 0
      ? `nobody is accountable for ${control.id} (${control.title}) ${where}`
      : `${teams.join(' and ')} are both accountable for ${control.id} (${control.title}) ${where}`
  return { kind: teams.length === 0 ? 'gap' : 'tie', control: control.id, place, teams, message, hint, ...(at === undefined ? {} : { at }) }
}

function adviceFor(control: Control, place: string, teams: readonly TeamId[]): string {
  const team = teams[0] ?? 'TEAM'
  const decide = `decide it: \`accountable: [{ control: ${control.id}, place: '${place}', team: ${team} }]\``
  if (place === 'network') return `name who owns the network: \`network: { owner: ${team} }\``
  if (control.place !== 'chain') return decide
  const layer = control.layer
  return teams.length === 0
    ? `add a team of layer ${layer}${layer === 'governance' ? ', or one of layer security' : ''}, or ${decide}`
    : `keep one team of that layer, or ${decide}`
}

function misplaced(chain: Chain, control: Control, places: readonly PlaceOwner[]): readonly ResponsibilityProblem[] {
  const known = places.map(({ place }) => place)
  return chain.accountable
    .filter((override) => override.control === control.id && override.place !== undefined && !known.includes(override.place))
    .map(({ team, at, place = '' }) => ({
      kind: 'no-such-place',
      control: control.id,
      place,
      teams: [team],
      message: `${control.id} (${control.title}) is not judged at ${place}`,
      hint: known.length === 0 ? 'it does not apply to this chain: remove the entry' : `its places here: ${known.join(', ')}`,
      at,
    }))
}

const unique = (teams: readonly TeamId[]): readonly TeamId[] => [...new Set(teams)]
