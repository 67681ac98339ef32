import { attack, type Exchange, type Lab, type Observation } from '../../attack.js'
import { bearerClients } from '../bearer-clients.js'
import { earlierBearer, type Bearer } from '../bearer-of.js'
import { refusal } from '../refusal.js'

/**
 * The partner got a bearer token while its waiver was in force and uses it after the end.
 * A server that trusts the issuer to know about exceptions accepts the token until it expires. Leaves a bearer token of the partner behind.
 */
export const usedAfterWaiver = attack({
  kind: 'scripted',
  id: 'CMP-03b',
  title: 'A bearer token works after its waiver has ended',
  control: 'POP-ID-07',
  layer: 'application',
  spec: ['RFC9700§2.2.1'],
  prod: 'P2',
  needs: ['bearer-token', 'issuer'],
  // Scripted, since the token must be had before the waiver ends and tried afterwards.
  run: async (lab) => {
    const earlier = earlierBearer(lab) ?? (await outlived(lab))
    if (typeof earlier === 'string') return { outcome: 'not-applicable', reason: earlier }
    const exchange: Exchange = { ...lab.honest(), authorization: [`Bearer ${earlier.token.value}`], dpop: [], certificate: 'none' }
    const answer = await lab.send(exchange)
    if (answer.accepted) return { outcome: 'breached', reason: `a bearer token of ${earlier.client.id} was let in after ${earlier.waiver.id} had ended` }
    const first = refusal(answer, REFUSED_AS)
    return first.outcome === 'held' ? behind(lab, earlier, first) : first
  },
})

const REFUSED_AS = ['waiver.expired', 'token.unbound', 'token.client'] as const

/** A token of a waiver that ends while the run can wait for it, once it has ended. */
async function outlived({ kit, chain, token, wait }: Lab): Promise<Bearer | string> {
  const [one] = bearerClients(chain, kit.now).filter(({ waiver }) => waiver.end - kit.now <= 20)
  if (!one) return 'no waiver ends within the 20 s that a run can wait, and there is no live token from before an end'
  const { token: bearer } = await token({ client: one.client.id, proof: 'none' })
  if (!bearer) return 'the issuer gives no bearer token any more'
  await wait((one.waiver.end - kit.now + 1) * 1_000)
  return { ...one, token: bearer, isOver: true }
}

/** What the application says itself, where the hop that refused can be played. */
async function behind({ kit, honest, send }: Lab, { client, waiver, token }: Bearer, first: Observation): Promise<Observation> {
  const { attest, neighbour, application } = kit
  if (!attest || neighbour === undefined) return first
  const bare: Exchange = { ...honest(), authorization: [`Bearer ${token.value}`], dpop: [], certificate: 'none', to: { at: 'direct', hop: application } }
  const answer = await send(attest(bare))
  if (answer.accepted)
    return {
      outcome: 'breached',
      reason: `had ${neighbour} let it pass, ${application} would let in a token of ${client.id} after ${waiver.id} had ended`,
      place: application,
    }
  const inner = refusal(answer, REFUSED_AS)
  return inner.outcome === 'held' ? { outcome: 'held', reason: `${first.reason}; had ${neighbour} let it pass, ${inner.reason} by ${application}` } : first
}
