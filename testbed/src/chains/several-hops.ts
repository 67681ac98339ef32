import type { Slice } from '@everyhop/chain'
import { compileSlices, signSlice } from '@everyhop/manifest'
import { startGuarded } from '../applications.js'
import { startNginxHop, type Edge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'

type Options = {
  readonly keep: boolean
  /** Edits the manifest before it is compiled. */
  readonly edit?: Edit
  /** Edit the configuration of each nginx, as somebody does by hand. */
  readonly breakEdge?: Edit
  readonly breakMiddle?: Edit
  /** Changes by which the application decides. */
  readonly weaken?: (slice: Slice) => Slice
}

export type BuiltHops = { readonly stand: Stand; readonly edge: Edge; readonly middle: Edge }

/** Two nginx in a row, each with a decision service of its own, before a guarded application. */
export async function buildSeveralHops(life: Lifecycle, { breakEdge, breakMiddle, weaken, ...options }: Options): Promise<BuiltHops> {
  const stand = await createStand(life, 'several-hops', options)
  const { ports } = stand
  const guarded = weaken === undefined ? stand : { ...stand, slice: (hop: string) => weakened(stand, hop, weaken) }
  await startGuarded(guarded, 'orders', { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness })
  const middle = await startNginxHop(stand, { hop: 'middle', place: 'middle', ...(breakMiddle && { edit: breakMiddle }) })
  const edge = await startNginxHop(stand, { hop: 'edge', place: 'edge', ...(breakEdge && { edit: breakEdge }) })
  return { stand, edge, middle }
}

function weakened({ chain, sliceKeys }: Stand, hop: string, weaken: (slice: Slice) => Slice): string {
  const slice = compileSlices(chain).find((one) => one.hop === hop)
  if (slice === undefined) throw new TypeError(`hop ${hop} has no slice`)
  return signSlice(weaken(slice), sliceKeys.privateKey)
}
