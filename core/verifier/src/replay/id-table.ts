/**
 * Ids with their last second and their owner, in one flat array: open addressing, no deletion.
 * What is over goes when the table is rebuilt, which is also how it grows; the counts of owners are made anew with it.
 * 20 bytes a slot and 8 an owner; a rebuilt table is at 0.7 of its room, and rebuilt again at 0.875.
 */
export type IdTable = {
  /** k0, k1, k2, until, owner; `until` 0 is an empty slot. */
  slots: Uint32Array
  used: number
  /** owner, count; `owner` 0 is an empty slot. */
  owners: Uint32Array
  ownersUsed: number
  /** What ended before this second is gone. */
  sweptTo: number
}

/** 96 bits of a SHA-256: two that are equal by chance refuse a request, and never accept one. */
export type Key = { k0: number; k1: number; k2: number; home: number }

const SLOT = 5
const ROOM = 1 / 0.7
const FULL = 0.875

export function createIdTable(): IdTable {
  return { slots: new Uint32Array(8 * SLOT), used: 0, owners: new Uint32Array(4 * 2), ownersUsed: 0, sweptTo: 0 }
}

/** Offset of the slot with this key, or of the empty one where it would be. */
export function slotOf({ slots }: IdTable, { k0, k1, k2, home }: Key): number {
  let at = spread(home, slots.length / SLOT) * SLOT
  while (slots[at + 3] !== 0 && !(slots[at] === k0 && slots[at + 1] === k1 && slots[at + 2] === k2)) {
    at += SLOT
    if (at === slots.length) at = 0
  }
  return at
}

/** Epoch second up to which the slot is remembered; 0 where it is empty. */
export const untilAt = (table: IdTable, at: number): number => table.slots[at + 3]!

export function fill(table: IdTable, at: number, key: Key, until: number, owner: number): void {
  const { slots } = table
  slots[at] = key.k0
  slots[at + 1] = key.k1
  slots[at + 2] = key.k2
  slots[at + 3] = until
  slots[at + 4] = owner
  table.used += 1
  if (owner !== 0) count(table, owner)
}

export const extend = (table: IdTable, at: number, until: number): void => {
  table.slots[at + 3] = until
}

/** Ids of this owner, those that are over but not yet swept among them. */
export function countOf({ owners }: IdTable, owner: number): number {
  return owners[ownerSlot(owners, owner) + 1]!
}

/** Whether one more id and one more owner would make probing slow. */
export const isCrowded = (table: IdTable): boolean =>
  table.used + 1 > (table.slots.length / SLOT) * FULL || table.ownersUsed + 1 > (table.owners.length / 2) * FULL

/** Without what ended before `second`, with room for more. */
export function rebuild(table: IdTable, second: number, homeOf: (k0: number, k1: number) => number): void {
  const old = table.slots
  let live = 0
  for (let at = 0; at < old.length; at += SLOT) if (old[at + 3]! >= second) live += 1
  table.slots = new Uint32Array(Math.max(8, Math.ceil((live + 1) * ROOM)) * SLOT)
  table.owners = new Uint32Array(Math.max(4, Math.ceil((Math.min(live, table.ownersUsed) + 1) * ROOM)) * 2)
  table.used = 0
  table.ownersUsed = 0
  table.sweptTo = second
  const key: Key = { k0: 0, k1: 0, k2: 0, home: 0 }
  for (let at = 0; at < old.length; at += SLOT) {
    const until = old[at + 3]!
    if (until < second || until === 0) continue
    key.k0 = old[at]!
    key.k1 = old[at + 1]!
    key.k2 = old[at + 2]!
    key.home = homeOf(key.k0, key.k1)
    fill(table, slotOf(table, key), key, until, old[at + 4]!)
  }
}

function count(table: IdTable, owner: number): void {
  const at = ownerSlot(table.owners, owner)
  if (table.owners[at] === 0) {
    table.owners[at] = owner
    table.ownersUsed += 1
  }
  table.owners[at + 1]! += 1
}

function ownerSlot(owners: Uint32Array, owner: number): number {
  let at = spread(owner, owners.length / 2) * 2
  while (owners[at] !== 0 && owners[at] !== owner) {
    at += 2
    if (at === owners.length) at = 0
  }
  return at
}

/** 32 bits onto a range, by their upper ones. */
const spread = (bits: number, range: number): number => Math.floor((bits / 0x1_0000_0000) * range)
