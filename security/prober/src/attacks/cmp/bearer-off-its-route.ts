import { attack, type Answer, type Exchange, type Lab } from '../../attack.js'
import { bearerOf } from '../bearer-of.js'
import { otherRoutes, type OffRoute } from '../other-routes.js'
import { refusal } from '../refusal.js'

/**
 * The thief has the partner's bearer token and uses it on every route that the waiver does not name; after its end, on every other route.
 * A server that knows that the partner may use bearer tokens, and not where or how long, has widened the exception. Leaves a bearer token of the partner behind.
 */
export const bearerOffItsRoute = attack({
  kind: 'scripted',
  id: 'CMP-04a',
  title: 'A bearer token works on a route that no waiver opens to it',
  control: 'POP-ID-07',
  layer: 'application',
  spec: ['RFC9700§2.3'],
  prod: 'P2',
  needs: ['bearer-token', 'issuer', 'unwaived-route'],
  // Scripted, since only the issuer can make the token.
  run: async (lab) => {
    const bearer = await bearerOf(lab)
    if (typeof bearer === 'string') return { outcome: 'not-applicable', reason: bearer }
    const { client, waiver, token, isOver } = bearer
    const letIn: OffRoute[] = []
    const held: string[] = []
    const untried: string[] = []
    for (const off of otherRoutes(lab, lab.honest(), bearer)) {
      const { pattern } = off.route
      const answer = await lab.send(asBearer(challenged(lab, off), token.value))
      const said = refusal(answer, REFUSED_AS)
      // Of other people's parts any refusal will do, but only where an honest request is not refused the same.
      const isMeant = answer.code !== undefined || (said.outcome === 'held' && (await honestIn(lab, off)).accepted)
      if (answer.accepted) letIn.push(off)
      else if (said.outcome === 'held' && isMeant) held.push(`${pattern}: ${said.reason}`)
      else untried.push(`${pattern}: ${said.outcome === 'held' ? 'an honest request is refused there too' : said.reason}`)
    }
    const [first, ...others] = letIn
    if (first) {
      const patterns = [...new Set(letIn.map(({ route }) => route.pattern))].join(' and ')
      const beyond = isOver ? `after ${waiver.id} had ended` : `outside ${waiver.id}`
      const reason = `a bearer token of ${client.id} was let in on ${patterns} ${beyond}`
      const place = first.route.application
      const alsoAt = [...new Set(others.map(({ route }) => route.application))].filter((hop) => hop !== place)
      return { outcome: 'breached', reason, place, alsoAt, isElsewhere: true }
    }
    const not = untried.length === 0 ? '' : `; nothing learnt on ${untried.join(', ')}`
    if (held.length === 0) return { outcome: 'not-applicable', reason: `no route outside ${waiver.id} could be tried${not}` }
    return { outcome: 'held', reason: held.join(', ') + not, isElsewhere: true }
  },
})

const REFUSED_AS = ['waiver.scope', 'waiver.expired', 'token.client', 'token.unbound', 'token.audience'] as const

const challenged = ({ honest, kit }: Lab, { target, to }: OffRoute): Exchange => ({
  ...honest(),
  target: target.replace(/everyhop-challenge=[\w-]+/, `everyhop-challenge=${kit.random()}`),
  to,
})

const asBearer = (exchange: Exchange, token: string): Exchange => ({ ...exchange, authorization: [`Bearer ${token}`], dpop: [], certificate: 'none' })

async function honestIn(lab: Lab, off: OffRoute): Promise<Answer> {
  const { token } = await lab.token({ resource: off.route.audience[0] ?? off.base })
  const exchange = challenged(lab, off)
  if (!token || exchange.dpop.length === 0) return lab.send(exchange)
  const bound = { ...exchange, authorization: [`DPoP ${token.value}`] }
  return lab.send({ ...bound, dpop: [lab.kit.owner(bound, { htu: off.base + off.target.split('?')[0] })] })
}
