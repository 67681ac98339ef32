import { startGuarded } from '../applications.js'
import { startEdge, type Edge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'

export type Built = { readonly stand: Stand; readonly edge: Edge }

/** Edge attested, application guarded. `breakConfig` edits the edge's configuration by hand, as the tests of attribution do. */
export async function buildSound(life: Lifecycle, options: { readonly keep: boolean; readonly breakConfig?: Edit }): Promise<Built> {
  const stand = await createStand(life, 'sound', options)
  const { ports } = stand
  await startGuarded(stand, 'orders', { resource: '/orders/canary', port: ports.application, witnessPort: ports.witness })
  return { stand, edge: await startEdge(stand, options.breakConfig) }
}
