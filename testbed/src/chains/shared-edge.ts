import { startTrusting } from '../applications.js'
import { startBlindEdge } from '../blind-edge.js'
import type { Lifecycle } from '../lifecycle.js'
import { createStand } from '../stand.js'
import type { Built } from './sound.js'

/** The edge checks the proof and drops it; the application believes the name that it forwards. */
export async function buildSharedEdge(life: Lifecycle, options: { readonly keep: boolean }): Promise<Built> {
  const stand = await createStand(life, 'shared-edge', options)
  const { ports } = stand
  await startTrusting(stand, { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness })
  return { stand, edge: { front: await startBlindEdge(stand, ports.second) } }
}
