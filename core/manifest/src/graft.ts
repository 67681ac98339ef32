import { entryKey, type Entry, type Path, type Tree } from './tree.js'

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands at a path; undefined where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)]
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}

/** A tree with the value and positions at `from` in `source` put at `to`; what stood there is gone. */
export function graft(tree: Tree, to: Path, source: Tree, from: Path): Tree {
  const entries = new Map(tree.entries)
  for (const key of under(tree.entries, to)) entries.delete(key)
  for (const key of under(source.entries, from)) {
    const path = JSON.parse(key) as string[]
    entries.set(entryKey([...to, ...path.slice(from.length)]), source.entries.get(key) as Entry)
  }
  return { data: withValue(tree.data, to, valueAt(source.data, from)), entries, start: tree.start }
}

/** A copy of the data with the value at a path; records on the way are made where they are missing. */
export function withValue(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value
  if (Array.isArray(data)) {
    const copy = [...(data as unknown[])]
    copy[Number(step)] = withValue(copy[Number(step)], rest, value)
    return copy
  }
  const record = isRecord(data) ? data : {}
  return { ...record, [step]: withValue(record[step], rest, value) }
}

/** A copy of the data without the entry at a path. Array items leave, so that later ones move up: remove the last first. */
export function without(data: unknown, path: Path): unknown {
  const [step, ...rest] = path
  if (step === undefined) return undefined
  if (Array.isArray(data)) {
    const copy = [...(data as unknown[])]
    if (rest.length === 0) copy.splice(Number(step), 1)
    else copy[Number(step)] = without(copy[Number(step)], rest)
    return copy
  }
  if (!isRecord(data)) return data
  const { [step]: old, ...others } = data
  return rest.length === 0 ? others : { ...data, [step]: without(old, rest) }
}

function* under(entries: ReadonlyMap<string, Entry>, path: Path): Generator<string> {
  const prefix = entryKey(path).slice(0, -1)
  for (const key of entries.keys()) {
    if (path.length === 0 || key === `${prefix}]` || key.startsWith(`${prefix},`)) yield key
  }
}
