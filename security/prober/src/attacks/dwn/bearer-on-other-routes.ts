import { attack } from '../../attack.js'
import { declaredRoutes } from '../other-routes.js'
import { refusal } from '../refusal.js'

/**
 * The thief sends a stolen bound token as Bearer to every other route that is declared.
 * The check was added where it was asked for, and an older or forgotten route does not have it.
 */
export const bearerOnOtherRoutes = attack({
  kind: 'scripted',
  id: 'DWN-04',
  title: 'A bound token works as Bearer on another route',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: ['dpop', 'unwaived-route'],
  // Scripted, since the routes of the chain are not in an exchange.
  run: async (lab) => {
    const tried: string[] = []
    for (const { route, to, target } of declaredRoutes(lab, lab.honest())) {
      const answer = await lab.send({ ...lab.honest(), target, to, authorization: [`Bearer ${lab.kit.token.value}`], dpop: [] })
      const place = route.application
      if (answer.accepted) return { outcome: 'breached', reason: `the bare token was let in on ${route.pattern}`, place, isElsewhere: true }
      if (refusal(answer, REFUSED_AS).outcome === 'held') tried.push(route.pattern)
    }
    if (tried.length === 0) return { outcome: 'not-applicable', reason: 'no other route could be reached' }
    return { outcome: 'held', reason: `refused on ${tried.join(', ')}`, isElsewhere: true }
  },
})

const REFUSED_AS = ['token.scheme', 'token.audience', 'token.client', 'path.unattested'] as const
