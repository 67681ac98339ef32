import type { AttestOptions, Exchange, Kit } from './attack.js'
import { runAttack, type Run } from './run-attack.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'

/**
 * The same attack once more, behind the hop that refused it: who stands in front of a door shows nothing about the door.
 * The prober plays that hop, and attests what it never should have. Undefined where that hop cannot be played, or need not be.
 */
export async function runBehind(run: Run, session: Session, transport: Transport): Promise<Run | undefined> {
  const { attack, judged, outcome } = run
  const { way } = session
  const isRefusedEarlier = judged?.exchange.to.at === 'edge' && judged.answer.hop !== way.application
  // What a server refuses before anything is verified, the hop that writes the message anew cannot pass on.
  if (attack.kind !== 'forge' || attack.refusedBy === 'server' || attack.expect !== 'refused' || outcome !== 'held' || !isRefusedEarlier) return undefined
  const enter = entrance(session)
  if (!enter) return undefined
  const inner = await runAttack(attack, session, transport, { enter })
  // Where not even an honest request comes in this way, it shows nothing.
  if (inner.outcome === 'inconclusive') return undefined
  // Played by the prober, the hop before is out of it: what gets in here is the application's.
  return { ...inner, reason: `had ${way.path.at(-1)} let it pass, ${inner.reason}`, ...(inner.outcome === 'breached' ? { place: way.application } : {}) }
}

/** How a request comes in that the last hop before the application let pass. */
export function entrance({ way, kit, lab }: Session): ((exchange: Exchange, options?: AttestOptions) => Exchange) | undefined {
  const neighbour = way.path.at(-1)
  const isReachable = lab.chain.hops.get(way.application)?.ingress !== undefined
  if (neighbour === undefined || !isReachable) return undefined
  const direct = (exchange: Exchange): Exchange => ({ ...exchange, to: { at: 'direct', hop: way.application } })
  if (way.route.mode === 'passthrough') return direct
  const attest: Kit['attest'] = way.route.mode === 'attested' ? kit().attest : undefined
  return attest && ((exchange, options) => attest(direct(exchange), options))
}
