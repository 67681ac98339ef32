import type { Slice } from '@everyhop/chain'
import type { Sink } from '@everyhop/guard'
import { startGuarded } from '../applications.js'
import { startNginxHop, type Edge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'
import { weakened } from '../weakened.js'

type Options = {
  readonly keep: boolean
  /** Edits the manifest before it is compiled. */
  readonly edit?: Edit
  /** Edit the configuration of each nginx, as somebody does by hand. */
  readonly breakEdge?: Edit
  readonly breakMiddle?: Edit
  /** Where the receipts of the application go. */
  readonly sink?: Sink
  /** Changes by which the application decides. */
  readonly weaken?: (slice: Slice) => Slice
}

export type BuiltHops = { readonly stand: Stand; readonly edge: Edge; readonly middle: Edge }

/** Two nginx in a row, each with a decision service of its own, before a guarded application. */
export async function buildSeveralHops(life: Lifecycle, { breakEdge, breakMiddle, sink, weaken, ...options }: Options): Promise<BuiltHops> {
  const stand = await createStand(life, 'several-hops', options)
  const { ports } = stand
  await startGuarded(weakened(stand, weaken), 'orders', {
    resources: ['/orders/canary'],
    port: ports.application,
    witnessPort: ports.witness,
    ...(sink && { sink }),
  })
  const middle = await startNginxHop(stand, { hop: 'middle', place: 'middle', ...(breakMiddle && { edit: breakMiddle }) })
  const edge = await startNginxHop(stand, { hop: 'edge', place: 'edge', ...(breakEdge && { edit: breakEdge }) })
  return { stand, edge, middle }
}
