import { readFileSync } from 'node:fs'
import type { ControlId } from '@everyhop/chain'
import { CATALOGUE } from './catalogue.js'
import { LACKING, MISSING } from './missing-attacks.js'

/** One line of the list of attacks: what there is, or what is lacking. */
export type CatalogueRow = {
  /** `KEY-01`, or with a suffix where one row of the catalogue holds several attacks. */
  readonly id: string
  /** The finding, for an attack that is implemented; else what would be sent. */
  readonly title: string
  readonly control: ControlId
  readonly prod: 'P1' | 'P2' | 'P3'
  readonly implemented: boolean
  /** Why it is not implemented. */
  readonly reason?: string
  /** Where it was seen to get in, and to be held; absent where it is not implemented. */
  readonly proven?: Proven
}

/** What is wrong where an attack gets in: of a server in one process, and of real servers behind a real gateway. */
export type Proven = { readonly twin: readonly string[]; readonly live: readonly string[] }

/** Families in the order of the catalogue. */
export const FAMILIES = 'BASE TOK RPL PRF KEY DWN HDR URL MTH SPF DIR FWD ISS RBD WLD HOP REV CMP FOP'.split(' ')

/** Made from the tables that the tests of the twins and of the live chains run. */
const provenOn = (): Readonly<Record<string, Proven>> =>
  JSON.parse(readFileSync(new URL('../data/proven-on.json', import.meta.url), 'utf8')) as Record<string, Proven>

/** Every row of the catalogue, with the attacks that implement it in place of the row. */
export function catalogueRows(): readonly CatalogueRow[] {
  const proven = provenOn()
  const implemented = CATALOGUE.map(({ id, title, control, prod }) => ({
    id,
    title,
    control,
    prod,
    implemented: true,
    ...(proven[id] && { proven: proven[id] }),
  }))
  const missing = MISSING.map(({ id, sends, control, prod, needs }) => ({ id, title: sends, control, prod, implemented: false, reason: LACKING[needs] }))
  return [...implemented, ...missing].sort((left, right) => placeOf(left.id) - placeOf(right.id) || (left.id < right.id ? -1 : 1))
}

/** The row of the catalogue that an attack belongs to: `KEY-01` of `KEY-01b`. */
export const rowOf = (id: string): string => id.replace(/[a-z]$/, '')

function placeOf(id: string): number {
  const [family = '', number = ''] = rowOf(id).split('-')
  return FAMILIES.indexOf(family) * 100 + Number(number)
}
