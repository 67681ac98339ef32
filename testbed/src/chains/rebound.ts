import type { Slice } from '@everyhop/chain'
import type { Sink } from '@everyhop/guard'
import { startGuarded } from '../applications.js'
import { startNginxHop, startOwnHop, type Edge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'
import { weakened } from '../weakened.js'

type Options = {
  readonly keep: boolean
  /** Edits the manifest before it is compiled. */
  readonly edit?: Edit
  /** What rebinds: nginx, or the own hop. */
  readonly front?: 'nginx' | 'own hop'
  /** Edits the configuration of nginx, as somebody does by hand. */
  readonly breakConfig?: Edit
  /** Where the receipts of the application go. */
  readonly sink?: Sink
  /** Changes by which the application decides. */
  readonly weaken?: (slice: Slice) => Slice
}

export type BuiltRebound = { readonly stand: Stand; readonly edge: Edge }

/** An edge that exchanges the client's token for its own, before a guarded application. */
export async function buildRebound(life: Lifecycle, { front = 'nginx', breakConfig, sink, weaken, ...options }: Options): Promise<BuiltRebound> {
  const stand = await createStand(life, 'rebound', options)
  const { ports } = stand
  const mount = { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness, ...(sink && { sink }) }
  await startGuarded(weakened(stand, weaken), 'orders', mount)
  const edge =
    front === 'nginx' ? startNginxHop(stand, { hop: 'edge', place: 'edge', ...(breakConfig && { edit: breakConfig }) }) : startOwnHop(stand, 'edge', 'edge')
  return { stand, edge: await edge }
}
