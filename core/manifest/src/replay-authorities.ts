import { pathsOf, segmentsOf, type Hop, type Route } from '@everyhop/chain'
import type { Context } from './context.js'

/**
 * Settles which hop spends the proofs of each segment: the declared one, else the last.
 * Two would refuse honest traffic, since the second sees a spent proof; none would let a captured proof in again.
 */
export function settleReplayAuthorities(context: Context, hops: ReadonlyMap<string, Hop>, routes: readonly Route[]): ReadonlyMap<string, Hop> {
  const settled = new Map(hops)
  const segments = routes.flatMap((route, index) => pathsOf(route).flatMap((path) => segmentsOf(hops, path).map((segment) => ({ segment, index }))))
  const authoritiesOf = (segment: readonly string[]) => segment.filter((id) => settled.get(id)?.replayAuthority === true)

  for (const { segment } of segments) {
    const id = segment.at(-1) ?? ''
    const hop = settled.get(id)
    if (hop === undefined || authoritiesOf(segment).length > 0) continue
    if (context.manifest.hops[id]?.replayAuthority === false) continue
    context.or(undefined, true, ['hops', id, 'replayAuthority'], 'the last hop of the segment spends its proofs')
    settled.set(id, { ...hop, replayAuthority: true })
  }
  for (const { segment, index } of segments) {
    const authorities = authoritiesOf(segment)
    if (authorities.length === 1) continue
    const names = segment.join(' -> ')
    if (authorities.length === 0)
      context.report(['routes', index], 'replay.nobody', `nobody spends the proofs of ${names}`, `let \`${segment.at(-1) ?? ''}\` be the replay authority`)
    else
      context.report(
        ['routes', index],
        'replay.twice',
        `${authorities.join(' and ')} both spend the proofs of ${names}: the second would refuse honest requests`,
        'keep `replayAuthority: true` at one of them',
      )
  }
  return settled
}
