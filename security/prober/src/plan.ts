import type { Chain } from '@everyhop/chain'
import type { Attack } from './attack.js'
import { CATALOGUE } from './catalogue.js'
import { covers, mostOf, RATES, type Class } from './consent.js'

export type Planned = Pick<Attack, 'id' | 'title' | 'prod' | 'control' | 'kind'> & {
  /** Whether the manifest permits its class here. What the target consents to may be less. */
  readonly isPermitted: boolean
}

/** What a probe of the chain would run, as far as that can be told without sending anything. */
export function planOf(chain: Chain, only?: readonly string[], attacks: readonly Attack[] = CATALOGUE): readonly Planned[] {
  const permitted = mostOf(chain)
  return attacks
    .filter(({ id }) => isWanted(id, only))
    .map(({ id, title, prod, control, kind }) => ({
      id,
      title,
      prod,
      control,
      kind,
      isPermitted: covers(permitted, prod),
    }))
}

export type Cost = {
  readonly where: string
  readonly attacks: number
  readonly requests: number
  readonly requestsPerSecond: number
  readonly seconds: number
}

/** Honest, hostile, honest; behind a hop that the prober plays once more. What a script sends only it knows. */
const REQUESTS = { forge: 3, 'forge, and once more behind the hops': 5, scripted: 8 } as const
const TO_BEGIN = 10

/** What the planned attacks cost at most, by who consents to them. */
export function costOf(chain: Chain, planned: readonly Planned[]): readonly Cost[] {
  const hasHops = chain.routes.some(({ via }) => via.some((path) => path.length > 0))
  const eachForge = REQUESTS[hasHops ? 'forge, and once more behind the hops' : 'forge']
  const costAt = (where: string, level: Class, requestsPerSecond: number): Cost => {
    const wanted = planned.filter(({ prod, isPermitted }) => isPermitted && covers(level, prod))
    const requests = wanted.reduce((sum, { kind }) => sum + (kind === 'forge' ? eachForge : REQUESTS.scripted), TO_BEGIN)
    return { where, attacks: wanted.length, requests, requestsPerSecond, seconds: requests / requestsPerSecond }
  }
  const most = mostOf(chain)
  return [
    costAt('on this machine', most, RATES.loopback),
    costAt('where every target has consented', most, RATES.consented),
    costAt('where one has not', 'P1', RATES.cautious),
  ]
}

/** `KEY` names a family, `KEY-04` a row of the catalogue with all its tests, `KEY-04a` one of them. */
export const isWanted = (id: string, only: readonly string[] | undefined): boolean =>
  only === undefined || only.some((wanted) => id === wanted || id.startsWith(`${wanted}-`) || id.replace(/[a-z]$/, '') === wanted)
