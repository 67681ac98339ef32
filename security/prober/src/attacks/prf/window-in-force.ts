import { attack } from '../../attack.js'

/**
 * Nobody attacks: proofs of the victim are sent that are a little younger and a little older than the policy allows, and one that is not valid yet.
 * A window wider than declared leaves a captured proof usable for longer than anybody counts with.
 */
export const windowInForce = attack({
  kind: 'scripted',
  id: 'PRF-05',
  title: 'The age that a proof may have is not what the policy says',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P1',
  needs: ['dpop'],
  // Scripted, since it is the answers to several proofs that are compared.
  run: async ({ honest, kit, send, chain }) => {
    const { proofAge, proofEarly, skew } = chain.policy
    const sent = async (age: number) => send({ ...honest(), dpop: [kit.owner(honest(), { iat: kit.now - age })] })
    const young = await sent(Math.max(proofAge - MARGIN, 0))
    if (!young.accepted && young.code === undefined && young.status !== 401)
      return { outcome: 'inconclusive', reason: `a proof within the window got ${young.status}` }
    for (const age of [proofAge + skew + MARGIN, 2 * proofAge + skew, -(proofEarly + skew + MARGIN)]) {
      const answer = await sent(age)
      if (answer.accepted)
        return {
          outcome: 'breached',
          reason: `a proof ${age < 0 ? `${-age} s ahead of time` : `of ${age} s`} was let in; the policy says ${proofAge} s, with ${skew} s for clocks`,
        }
    }
    if (!young.accepted) return { outcome: 'breached', reason: `a proof of ${proofAge - MARGIN} s was refused; the policy says ${proofAge} s` }
    return { outcome: 'held', reason: `the window is the declared ${proofAge} s` }
  },
})

/** Seconds for the way there and for clocks that tick between. */
const MARGIN = 5
