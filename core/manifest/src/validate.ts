import type { z } from 'zod'
import { isRecord, valueAt, without } from './graft.js'
import type { Problem } from './problem.js'
import { MANIFEST, REFUSED, type Manifest } from './schema.js'
import { didYouMean } from './suggest.js'
import { positionOf, valuePositionOf, type Path, type Tree } from './tree.js'

export type Validated = {
  readonly problems: readonly Problem[]
  /** The valid rest, so that everything else can be checked too; undefined where too little is left. */
  readonly manifest?: Manifest
  /** What was left out of the rest. */
  readonly removed: readonly Path[]
}

type Issue = z.core.$ZodIssue

const MAX_ROUNDS = 12

/** Checks the shape. Entries that do not fit are reported and left out, and the rest is checked again, until it fits. */
export function validate(tree: Tree): Validated {
  const problems: Problem[] = []
  const removed: Path[] = []
  let data = tree.data
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = MANIFEST.safeParse(data)
    if (result.success) return { problems, removed, manifest: result.data }
    const issues = result.error.issues
    // Only the first round sees the file as it was written; later ones see holes that we made.
    if (round === 0) problems.push(...issues.flatMap((issue) => describe(tree, issue)))
    const doomed = issues.flatMap((issue) => doomedBy(data, issue))
    if (doomed.some((path) => path.length === 0)) return { problems, removed }
    for (const path of lastFirst(doomed)) {
      data = without(data, path)
      removed.push(path)
    }
  }
  return { problems, removed }
}

/** What must go for an issue to go: the unknown keys, the wrong value, or the entry that lacks something. */
function doomedBy(data: unknown, issue: Issue): readonly Path[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key])
  return valueAt(data, path) === undefined ? [path.slice(0, -1)] : [path]
}

/** Items of arrays from the back, so that removing one does not move the next; nothing twice or below what goes anyway. */
function lastFirst(paths: readonly Path[]): readonly Path[] {
  const all = new Map(paths.map((path) => [JSON.stringify(path), path]))
  const isUnder = (path: Path) => path.some((_, length) => length > 0 && all.has(JSON.stringify(path.slice(0, length))))
  return [...all.values()].filter((path) => !isUnder(path)).sort((a, b) => Number(b.at(-1)) - Number(a.at(-1)) || b.length - a.length)
}

function describe(tree: Tree, issue: Issue): readonly Problem[] {
  const path = issue.path as Path
  // What fits one form but for a part of it is told about the part.
  const nearest = issue.code === 'invalid_union' ? issue.errors.filter((branch) => branch.every((inner) => inner.path.length > 0)) : []
  if (nearest.length === 1) return nearest.flat().flatMap((inner) => describe(tree, { ...inner, path: [...path, ...inner.path] } as Issue))
  const name = path.at(-1)
  const here = valuePositionOf(tree, path)
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path)
    return issue.keys.map((key) => ({
      ...positionOf(tree, [...path, key]),
      code: 'key.unknown',
      message: `unknown key \`${key}\``,
      hint: didYouMean(key, known),
    }))
  }
  if (path.length > 0 && valueAt(tree.data, path) === undefined) {
    return [
      {
        ...positionOf(tree, path.slice(0, -1)),
        code: 'key.missing',
        message: `\`${String(name)}\` is missing${where(path)}`,
        hint: `add \`${String(name)}:\``,
      },
    ]
  }
  if (issue.code === 'invalid_key') {
    const hint = issue.issues[0]?.message
    return [{ ...positionOf(tree, path), code: 'key.form', message: `\`${String(name)}\` cannot be a name`, ...(hint === undefined ? {} : { hint }) }]
  }
  if (issue.code === 'invalid_value') {
    const given = valueAt(tree.data, path)
    const values = issue.values.map(String)
    return [
      {
        ...here,
        code: 'value.unknown',
        message: `\`${printable(given)}\` is not a value of \`${labelOf(path)}\``,
        hint: REFUSED[`${labelOf(path)} ${printable(given)}`] ?? didYouMean(printable(given), values),
      },
    ]
  }
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    return [{ ...here, code: 'value.type', message: `\`${labelOf(path)}\` must be ${expected(issue)}`, ...unionHint(issue) }]
  }
  return [{ ...here, code: 'value.form', message: `\`${labelOf(path)}\` is not well formed`, hint: lower(issue.message) }]
}

function expected(issue: Issue): string {
  if (issue.code === 'invalid_value') return issue.values.map((value) => `\`${String(value)}\``).join(' or ')
  if (issue.code === 'invalid_type') return TYPES[issue.expected] ?? issue.expected
  if (issue.code !== 'invalid_union') return 'well formed'
  const forms = issue.errors.flatMap((branch) => branch.filter(({ path }) => path.length === 0).map((inner) => expected(inner as Issue)))
  return [...new Set(forms)].join(' or ')
}

const TYPES: Readonly<Record<string, string>> = {
  record: 'a mapping',
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
}

/** What a branch says of the spelling is worth more than that it was not met. */
function unionHint(issue: Issue): { readonly hint?: string } {
  if (issue.code !== 'invalid_union') return {}
  const spellings = issue.errors.flatMap((branch) => branch.filter(({ code }) => code === 'invalid_format').map((inner) => lower(inner.message)))
  return spellings.length === 0 ? {} : { hint: [...new Set(spellings)].slice(0, 3).join('; ') }
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** An index says little: `via/0/1` is an item of `via`. */
const labelOf = (path: Path): string => path.findLast((step) => typeof step === 'string') ?? 'the manifest'

const where = (path: Path): string => (path.length < 2 ? '' : ` in \`${path.slice(0, -1).join('/')}\``)

const printable = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 60) : isRecord(value) ? 'a mapping' : Array.isArray(value) ? 'a list' : String(value)

/** The keys that the schema accepts at a path. */
function knownKeys(path: Path): readonly string[] {
  let schema: unknown = MANIFEST
  for (const step of path) schema = child(schema, step)
  const shape = isRecord(unwrap(schema)) ? (unwrap(schema) as { shape?: unknown }).shape : undefined
  return isRecord(shape) ? Object.keys(shape) : []
}

function child(schema: unknown, step: string | number): unknown {
  const inner = unwrap(schema) as { shape?: Record<string, unknown>; element?: unknown; valueType?: unknown } | undefined
  return inner?.shape?.[step] ?? inner?.element ?? inner?.valueType
}

function unwrap(schema: unknown): unknown {
  const def = (schema as { def?: { type?: string; innerType?: unknown; options?: readonly unknown[] } } | undefined)?.def
  if (def?.type === 'optional') return unwrap(def.innerType)
  if (def?.type === 'union') return def.options?.map(unwrap).find((option) => (option as { shape?: unknown } | undefined)?.shape !== undefined)
  return schema
}
