import { startGuarded } from '../applications.js'
import type { Lifecycle } from '../lifecycle.js'
import type { Edit } from '../manifest-file.js'
import { createStand, type Stand } from '../stand.js'
import { startCheckedByHand, type Mistake } from './checks-by-hand.js'
import { startByHand, type Product } from './gateways.js'
import { startWithPeer } from './peer.js'
import { startIssuerByHand, type IssuerMistake } from './issuer-by-hand.js'

/** One chain of the matrix: which products stand in a row, who checks at the end, and what is wrong where. */
export type Case = {
  readonly name: string
  /** From the client inwards; none where clients call the application. */
  readonly gateways: readonly Product[]
  /** How a gateway is broken: by its place in the row. */
  readonly edits?: Readonly<Record<number, Edit>>
  readonly application: 'guard' | 'by hand' | 'express-oauth2-jwt-bearer'
  readonly mistakes?: readonly Mistake[]
  readonly issuer?: readonly IssuerMistake[]
  /** Who is at fault: each of these must be named, and nobody else. Empty for a sound chain. */
  readonly faults: readonly Fault[]
}

export type Fault = { readonly hop: string | readonly [from: string, to: string]; readonly owner: string }

const ROW = [
  { hop: 'edge', place: 'edge' },
  { hop: 'middle', place: 'middle' },
] as const

/** The guard reads a slice of its own. */
const guarded: Edit = (text) => text.replace('kind: application', 'kind: guard')

const MANIFEST = ['by-hand-direct', 'by-hand', 'by-hand-two'] as const

/** Real servers on loopback, as the case says. */
export async function build(life: Lifecycle, { gateways, edits = {}, application, mistakes = [], issuer = [] }: Case): Promise<Stand> {
  const name = MANIFEST[gateways.length]
  if (name === undefined) throw new TypeError('at most two gateways stand in a row')
  const stand = await createStand(life, name, {
    keep: false,
    ...(application === 'guard' ? { edit: guarded } : {}),
    startIssuer: (ground) => startIssuerByHand(ground, issuer),
  })
  const { ports } = stand
  const mount = { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness }
  if (application === 'guard') await startGuarded(stand, 'orders', mount)
  else if (application === 'express-oauth2-jwt-bearer') await startWithPeer(stand, mount)
  else await startCheckedByHand(stand, mount, mistakes)
  for (const [index, product] of [...gateways.entries()].reverse()) {
    const to = ROW[index + 1] === undefined || index === gateways.length - 1 ? 'application' : ROW[index + 1]!.place
    const edit = edits[index]
    await startByHand(stand, { product, place: ROW[index]!.place, to, isTls: index === 0, ...(edit ? { edit } : {}) })
  }
  return stand
}
