import { enforcers, entryHops, forwarders, replayAuthorities, type Chain, type Hop, type Issuer, type Layer, type TeamId } from '@everyhop/chain'
import type { Control } from './control.js'

/** A place where a control is judged, and who owns it: `issuer`, `issuer:partner`, a hop's id, `network`, `client:shop`, `chain`. */
export type PlaceOwner = { readonly place: string; readonly owners: readonly TeamId[] }

/** Names that a hop may not have, since they are places already. */
export const RESERVED_PLACES: readonly string[] = ['issuer', 'network', 'chain', 'client']

/** Where a control is judged in this chain; nowhere if it does not apply. */
export function placesOf(chain: Chain, control: Control): readonly PlaceOwner[] {
  const { onlyFor } = control
  if (onlyFor !== undefined && ![...chain.clients.values()].some(({ kind }) => kind === onlyFor)) return []
  switch (control.place) {
    case 'issuer':
      return issuerPlaces(chain).map(([place, { owner }]) => ({ place, owners: [owner] }))
    case 'client':
      return [...chain.clients.values()]
        .filter(({ kind }) => onlyFor === undefined || kind === onlyFor)
        .map(({ id, owner }) => ({ place: `client:${id}`, owners: [owner] }))
    case 'entry':
      return at(forwarders(chain).length > 0 ? entryHops(chain) : [])
    case 'forwarder':
      return at(forwarders(chain))
    case 'enforcer':
      return at(enforcers(chain))
    case 'replay-authority':
      return at(replayAuthorities(chain))
    case 'network':
      return forwarders(chain).length === 0 ? [] : [{ place: 'network', owners: networkOwners(chain) }]
    case 'chain':
      return [{ place: 'chain', owners: teamsOf(chain, control.layer) }]
  }
}

/** Every issuer by its place: `issuer` for the chain's own, `issuer:NAME` for a further one. */
export const issuerPlaces = ({ issuer, issuers }: Pick<Chain, 'issuer' | 'issuers'>): readonly (readonly [string, Issuer])[] => [
  ['issuer', issuer],
  ...[...issuers].map(([name, further]) => [`issuer:${name}`, further] as const),
]

const at = (hops: readonly Hop[]): readonly PlaceOwner[] => hops.map(({ id, owner }) => ({ place: id, owners: [owner] }))

/** Without a named owner, those who own the way in own the way around it. */
const networkOwners = (chain: Chain): readonly TeamId[] => (chain.network === undefined ? entryHops(chain).map(({ owner }) => owner) : [chain.network])

/** Governance that no team of its own has is the security team's. */
function teamsOf(chain: Chain, layer: Layer): readonly TeamId[] {
  const ofLayer = (wanted: Layer) => [...chain.teams.values()].filter((team) => team.layer === wanted).map(({ id }) => id)
  const own = ofLayer(layer)
  return own.length === 0 && layer === 'governance' ? ofLayer('security') : own
}
