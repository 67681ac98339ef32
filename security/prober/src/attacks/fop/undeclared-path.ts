import { attack } from '../../attack.js'

/**
 * A stranger asks for a path that no route of the chain declares, without any credentials.
 * Gateways and applications that pass on what no rule is about serve whatever is added later.
 */
export const undeclaredPath = attack({
  kind: 'scripted',
  id: 'FOP-03',
  title: 'A path that nobody declared is answered without credentials',
  control: 'POP-AP-06',
  layer: 'platform',
  spec: ['RFC9449§7.1'],
  prod: 'P1',
  needs: ['edge'],
  // Scripted, since no marker tells an answer on a path where there is no canary.
  run: async ({ honest, kit, send }) => {
    const answer = await send({ ...honest(), target: `/everyhop-undeclared-${kit.random()}`, authorization: [], dpop: [], certificate: 'none' })
    if (answer.failed !== undefined) return { outcome: 'inconclusive', reason: `no answer: ${answer.failed}` }
    const isAnswered = answer.status >= 200 && answer.status < 300
    if (isAnswered) return { outcome: 'breached', reason: `answered with ${answer.status}, without credentials` }
    return { outcome: 'held', reason: `refused with ${answer.status}` }
  },
})
