// @ts-check

/**
 * The client takes a new token and goes on with the one before, as a thief of it would.
 * Scripted, since the new token must be there before the old one is tried. Leaves a token of the canary client behind until the run ends.
 * @type {import('@everyhop/prober').ScriptedAttack}
 */
export const oldTokenAfterNew = {
  kind: 'scripted',
  id: 'OWN-02',
  title: 'A client that takes a new token loses the one before',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['API guideline 9: a token lives as long as it says'],
  prod: 'P2',
  needs: ['dpop', 'issuer'],
  async run({ honest, send, token }) {
    const before = honest()
    const { token: next } = await token()
    if (next === undefined) return { outcome: 'inconclusive', reason: 'the issuer gave no second token' }
    const answer = await send(before)
    if (answer.accepted) return { outcome: 'held', reason: 'the token before works to its end' }
    return { outcome: 'breached', reason: `refused with ${answer.status} although it has not ended` }
  },
}
