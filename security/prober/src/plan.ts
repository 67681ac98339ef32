import type { Chain } from '@everyhop/chain'
import type { Attack } from './attack.js'
import { CATALOGUE } from './catalogue.js'
import { covers } from './consent.js'

export type Planned = Pick<Attack, 'id' | 'title' | 'prod' | 'control'> & {
  /** Whether the manifest permits its class here. What the target consents to may be less. */
  readonly isPermitted: boolean
}

/** What a probe of the chain would run, as far as that can be told without sending anything. */
export function planOf(chain: Chain, only?: readonly string[]): readonly Planned[] {
  const permitted = chain.probe?.class ?? 'P1'
  return CATALOGUE.filter(({ id }) => isWanted(id, only)).map(({ id, title, prod, control }) => ({
    id,
    title,
    prod,
    control,
    isPermitted: covers(permitted, prod),
  }))
}

/** `KEY` names a family, `KEY-04` a row of the catalogue with all its tests, `KEY-04a` one of them. */
export const isWanted = (id: string, only: readonly string[] | undefined): boolean =>
  only === undefined || only.some((wanted) => id === wanted || id.startsWith(`${wanted}-`) || id.replace(/[a-z]$/, '') === wanted)
