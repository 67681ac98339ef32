import { startCareless, startGuarded } from '../applications.js'
import { startAlertChannel } from '../alert-channel.js'
import { startEdge } from '../edge.js'
import type { Lifecycle } from '../lifecycle.js'
import { waiverDates, type Edit } from '../manifest-file.js'
import { createStand, type StandOptions } from '../stand.js'
import type { Built } from './sound.js'

type Options = {
  readonly keep: boolean
  /** Edits the configuration of nginx, as somebody does by hand. */
  readonly breakConfig?: Edit
}

/** A partner with bearer tokens, under a waiver that began ten days ago and ends in fifty. */
export const buildPartner = (life: Lifecycle, options: Options): Promise<Built> =>
  build(life, 'partner', { ...options, edit: waiverDates({ start: -10, end: 50 }), isWatched: true })

/** The same after the waiver's end. The partner still has a token from before it, and an archive that no guard protects. */
export async function buildExpired(life: Lifecycle, { keep }: Options): Promise<Built> {
  const built = await build(life, 'partner-expired', { keep, before: waiverDates({ start: -60, end: 1 }), edit: waiverDates({ start: -60, end: -1 }) })
  const { ports } = built.stand
  await startCareless(built.stand, { resources: ['/archive/canary'], port: ports.second, witnessPort: ports.secondWitness })
  return built
}

async function build(life: Lifecycle, name: string, options: StandOptions & Options & { readonly isWatched?: boolean }): Promise<Built> {
  const stand = await createStand(life, name, options)
  const { ports } = stand
  const sink = options.isWatched ? await startAlertChannel(life, ports.second) : undefined
  await startGuarded(stand, 'billing', {
    resources: ['/bills/canary', '/ledger/canary'],
    port: ports.application,
    witnessPort: ports.witness,
    ...(sink === undefined ? {} : { sink }),
  })
  return { stand, edge: await startEdge(stand, options.breakConfig) }
}
