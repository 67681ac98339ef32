import type { WireAnswer } from './wire.js'

/** An answer that came. */
export type Whole = Exclude<WireAnswer, { readonly failed: string }>

/** What is known of how the application answers: made of answers to requests that are honest, of two clients, and to some that cannot be. */
export type Fingerprint = {
  readonly status: number
  readonly media: string
  /** What only honest answers have in common: members of JSON and their types, or lines of any other text. */
  readonly shape: readonly string[]
  /** Members of JSON that stay the same for one client and differ between two: they tell who is calling. */
  readonly identity: readonly string[]
}

type Print = { readonly shape: ReadonlySet<string>; readonly values: ReadonlyMap<string, string> }

/** An answer has no end: of a large one, this much is looked at. */
const MAX_FACTS = 2_000

export type Samples = { readonly honest: readonly Whole[]; readonly other: readonly Whole[]; readonly refused: readonly Whole[] }

/** Learns from answers. Undefined where honest requests are refused, or are answered in no way that stays the same. */
export function learnFingerprint({ honest, other, refused }: Samples): Fingerprint | undefined {
  const [first] = honest
  if (!first || first.status >= 300 || honest.some((one) => !isLike(one, first))) return undefined
  const prints = honest.map(printOf)
  const others = other.filter((one) => isLike(one, first)).map(printOf)
  const common = inAll([...prints, ...others].map(({ shape }) => shape))
  const unlike = refused.filter((one) => isLike(one, first)).map((one) => printOf(one).shape)
  const telling = common.filter((fact) => unlike.every((shape) => !shape.has(fact)))
  // Nothing tells them apart: what answers to anybody lets anybody in, which is a finding and no mistake.
  const shape = telling.length > 0 ? telling : common
  return { status: first.status, media: mediaOf(first), shape, identity: identityIn(prints, others) }
}

/** Whether an answer is one that honest requests get. An answer to HEAD has no content to compare. */
export function matches({ status, media, shape }: Fingerprint, answer: Whole, method: string): boolean {
  if (answer.status !== status || mediaOf(answer) !== media) return false
  if (method === 'HEAD') return true
  const print = printOf(answer)
  return shape.every((fact) => print.shape.has(fact))
}

/** Who the application takes the caller for, as far as its answer tells. Never leaves the process. */
export function callerIn({ identity }: Fingerprint, answer: Whole): string {
  const { values } = printOf(answer)
  return JSON.stringify(identity.map((path) => values.get(path)))
}

const isLike = (one: Whole, other: Whole): boolean => one.status === other.status && mediaOf(one) === mediaOf(other)

const mediaOf = ({ fields }: Whole): string =>
  fields
    .find(([name]) => name.toLowerCase() === 'content-type')?.[1]
    .split(';')[0]!
    .trim()
    .toLowerCase() ?? ''

function printOf({ body }: Whole): Print {
  const shape = new Set<string>()
  const values = new Map<string, string>()
  try {
    describe(JSON.parse(body), '', shape, values)
  } catch {
    for (const line of body.split('\n', MAX_FACTS)) shape.add(line.trim())
  }
  return { shape, values }
}

function describe(value: unknown, path: string, shape: Set<string>, values: Map<string, string>): void {
  if (shape.size >= MAX_FACTS) return
  if (Array.isArray(value)) {
    shape.add(`${path}: list`)
    for (const one of value) describe(one, `${path}[]`, shape, values)
  } else if (typeof value === 'object' && value !== null) {
    shape.add(`${path}: object`)
    for (const [name, one] of Object.entries(value)) describe(one, `${path}.${name}`, shape, values)
  } else {
    shape.add(`${path}: ${typeof value}`)
    values.set(path, JSON.stringify(value))
  }
}

const inAll = ([first = new Set(), ...rest]: readonly ReadonlySet<string>[]): readonly string[] =>
  [...first].filter((fact) => rest.every((set) => set.has(fact)))

function identityIn(prints: readonly Print[], others: readonly Print[]): readonly string[] {
  const stable = (list: readonly Print[], path: string): string | undefined => {
    const [value, ...more] = list.map(({ values }) => values.get(path))
    return more.every((one) => one === value) ? value : undefined
  }
  const paths = [...(prints[0]?.values.keys() ?? [])]
  return paths.filter((path) => {
    const [own, theirs] = [stable(prints, path), stable(others, path)]
    return own !== undefined && theirs !== undefined && own !== theirs
  })
}
