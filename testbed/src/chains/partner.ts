import { startCareless, startGuarded } from '../applications.js'
import { startEdge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import { waiverDates, type Edit } from '../manifest-file.js'
import { createStand } from '../stand.js'
import type { Built } from './sound.js'

type Options = { readonly keep: boolean; readonly edit?: Edit }

/** A partner with bearer tokens, under a waiver that began ten days ago and ends in fifty. */
export const buildPartner = (life: Lifecycle, { keep }: Options): Promise<Built> => build(life, 'partner', { keep, edit: waiverDates({ start: -10, end: 50 }) })

/** The same after the waiver's end, with an archive that no guard protects. `edit` chooses which of the two is probed. */
export async function buildExpired(life: Lifecycle, { keep, edit = (text) => text }: Options): Promise<Built> {
  const ended = waiverDates({ start: -60, end: -1 })
  const built = await build(life, 'partner-expired', { keep, edit: (text) => edit(ended(text)) })
  const { ports } = built.stand
  await startCareless(built.stand, { resource: '/archive/canary', port: ports.second, witnessPort: ports.secondWitness })
  return built
}

/** The probe's canary resource lies in the archive. */
export const probeArchive: Edit = (text) => text.replace('resource: /bills/canary', 'resource: /archive/canary')

async function build(life: Lifecycle, name: string, options: Required<Options>): Promise<Built> {
  const stand = await createStand(life, name, options)
  const { ports } = stand
  await startGuarded(stand, 'billing', { resource: '/bills/canary', port: ports.application, witnessPort: ports.witness })
  return { stand, edge: await startEdge(stand) }
}
