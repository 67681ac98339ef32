import type { Refusal } from '@everyhop/proof'

/** For frameworks whose setter replaces: the values of each field together, so that several challenges stay several fields. */
export function fieldsByName(fields: Refusal['fields']): ReadonlyMap<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const [name, value] of fields) byName.set(name, [...(byName.get(name) ?? []), value])
  return byName
}
