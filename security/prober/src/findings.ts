import { waiverInForce, type Chain, type Finding } from '@everyhop/chain'
import { CONTROLS } from '@everyhop/controls'
import type { Attribution } from './attribution.js'
import type { Attack } from './attack.js'

/** What people are handed: what went wrong, where, whose it is, how it is known, and what to do next. */
export function findingOf(
  chain: Chain,
  attack: Pick<Attack, 'id' | 'title'>,
  outcome: Finding['outcome'],
  attribution: Attribution,
  { route, command }: { readonly route: string; readonly command: string },
): Finding {
  const control = CONTROLS.get(attribution.control)
  const { owner } = attribution
  const at = typeof attribution.hop === 'string' ? (chain.hops.get(attribution.hop)?.at ?? chain.issuer.at) : chain.hops.get(attribution.hop[0])?.at
  return {
    attack: attack.id,
    title: attack.title,
    control: attribution.control,
    severity: control?.severity ?? 'high',
    outcome,
    hop: attribution.hop,
    layer: attribution.layer,
    owner: owner.id,
    contact: owner.contact,
    coFaults: attribution.coFaults.map(({ hop, layer, owner: team, control: at, reason }) => ({
      hop,
      layer,
      owner: team.id,
      contact: team.contact,
      control: at,
      reason,
    })),
    evidence: attribution.evidence,
    frameworks: control?.frameworks ?? {},
    remedy: outcome === 'inconclusive' ? mendOutage(chain, attribution) : (control?.remedy ?? ''),
    reproduce: `${command} --only ${attack.id}`,
    route,
    ...(at === undefined ? {} : { at }),
    ...expiredWaiver(chain, attack.id),
  }
}

/** Where honest requests are refused and nothing was lost on the way, something is not running or not set up as declared. */
const OUTAGE = {
  identity: 'See why the issuer refuses an honest client: its registration, its keys, the clock.',
  platform:
    "See why this hop refuses honest requests: whether its decision service runs, whether the gateway may open the service's socket, and what both logs say.",
  application: 'See why the application refuses honest requests: its slice, the external bases and hop keys in it, the clock, and the code in its receipts.',
  security: 'See why honest requests are refused here.',
  governance: 'See why honest requests are refused here.',
} as const satisfies Record<Finding['layer'], string>

/** A gateway without anything of ours has no decision service that could be down. */
function mendOutage({ hops }: Chain, { layer, hop }: Attribution): string {
  const [first, second] = typeof hop === 'string' ? [hop, hop] : hop
  const isOurs = [first, second].some((one) => ['attested', 'rebound', 'gateway-only'].includes(hops.get(one)?.forward ?? ''))
  return layer === 'platform' && !isOurs ? FOREIGN_OUTAGE : OUTAGE[layer]
}

const FOREIGN_OUTAGE = 'See whether this hop hands on Authorization and DPoP as they came, the path too, and what its log says of the honest request.'

/** A finding about exceptions names the waiver that it is about. */
function expiredWaiver(chain: Chain, attack: string): { readonly waiver?: string } {
  const [waiver] = chain.waivers.values()
  if (!attack.startsWith('CMP-') || waiver === undefined) return {}
  return { waiver: waiverInForce(waiver, Date.now() / 1000) ? waiver.id : `${waiver.id} (not in force)` }
}
