import { startGuarded } from '../applications.js'
import { startBelieving } from '../believing.js'
import { startEdge, type Edge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'

export type Built = { readonly stand: Stand; readonly edge: Edge }

type Options = {
  readonly keep: boolean
  /** Edits the manifest before it is compiled. */
  readonly edit?: Edit
  /** Edits the configuration of nginx, as somebody does by hand. */
  readonly breakConfig?: Edit
  /** The application checks token and proof, and knows nothing of attestations: whoever reaches it may call it. */
  readonly isOpen?: boolean
  /** The application believes whatever its edge attests, and checks neither token nor proof. */
  readonly isBelieving?: boolean
}

/** Edge attested, application guarded. The options break it by hand. */
export async function buildSound(life: Lifecycle, options: Options): Promise<Built> {
  const stand = await createStand(life, 'sound', options)
  const { ports } = stand
  const mount = { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness }
  if (options.isBelieving) await startBelieving(stand, 'orders', mount)
  else await startGuarded(stand, 'orders', { ...mount, ...(options.isOpen ? { isOpen: true } : {}) })
  return { stand, edge: await startEdge(stand, options.breakConfig) }
}
