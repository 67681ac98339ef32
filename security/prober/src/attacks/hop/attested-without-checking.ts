import { attack } from '../../attack.js'

/**
 * The thief sends a stolen token with a proof of their own to the edge, and the witness at the application is asked whether it arrived.
 * A hop that signs what it never verified lends its name to every thief.
 */
export const attestedWithoutChecking = attack({
  kind: 'scripted',
  id: 'HOP-09',
  title: 'A hop attests requests that it has not checked',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9421§7.2.1', 'RFC9449§7.1'],
  prod: 'P1',
  needs: ['dpop', 'attested', 'witness'],
  // Scripted, since what counts is whether the request went on to the application, and not how it was answered.
  run: async ({ kit, honest, send, seen }) => {
    const base = honest()
    // What it does not see of an honest request, a witness cannot miss of a forged one: a hop may have dropped the tag.
    const control = honest()
    await send(control)
    if (!(await seen(kit.application, control))?.arrived) return { outcome: 'inconclusive', reason: 'the witness did not see an honest request' }
    const forged = { ...base, dpop: [kit.thief(base)] }
    const answer = await send(forged)
    const sighting = await seen(kit.application, forged)
    if (sighting === undefined) return { outcome: 'inconclusive', reason: 'the witness did not answer' }
    if (answer.failed !== undefined) return { outcome: 'inconclusive', reason: `no answer: ${answer.failed}` }
    if (!sighting.arrived) return { outcome: 'held', reason: 'the request did not reach the application' }
    if (sighting.count('signature') === 0) return { outcome: 'held', reason: 'the request reached the application unattested' }
    return {
      outcome: 'breached',
      reason: 'a request whose proof is false reached the application with an attestation',
      ...(kit.neighbour ? { place: kit.neighbour } : {}),
    }
  },
})
