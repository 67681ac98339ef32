import type { Position } from '@everyhop/chain'
import { inOrder, type Problem } from './problem.js'
import type { Manifest } from './schema.js'
import { didYouMean } from './suggest.js'
import { entryKey, positionOf, valuePositionOf, type Path, type Tree } from './tree.js'

/** A setting that the manifest left to us. */
export type Default = { readonly path: string; readonly value: string; readonly why: string; readonly at: Position }

export type Names = 'teams' | 'issuers' | 'hops' | 'clients' | 'waivers'

export type ContextOptions = {
  readonly removed: readonly Path[]
  /** All names that the file gives, also those of entries that had to be left out. */
  readonly declared: Readonly<Record<Names, readonly string[]>>
  readonly now: number
}

const MAX_LINES = 8

/** What the steps of compilation share: the manifest, where its entries stand, and where problems and defaults are gathered. */
export class Context {
  readonly problems: Problem[] = []
  readonly defaults: Default[] = []
  readonly tree: Tree
  readonly manifest: Manifest
  /** Epoch seconds. What must not lie too far ahead is measured from here; nothing else depends on it. */
  readonly now: number
  readonly #removed: readonly string[]
  readonly #declared: Readonly<Record<Names, readonly string[]>>
  /** By noun and name: the problem that says so, and everything that names it. */
  readonly #unknown = new Map<string, { readonly index: number; readonly places: readonly Problem[] }>()

  constructor(tree: Tree, manifest: Manifest, { removed, declared, now }: ContextOptions) {
    this.tree = tree
    this.manifest = manifest
    this.now = now
    this.#removed = removed.map(entryKey)
    this.#declared = declared
  }

  at(path: Path): Position {
    return positionOf(this.tree, path)
  }

  /** Reports on the value at a path, unless part of it was left out: then the first report is the cause of this one. */
  report(path: Path, code: string, message: string, hint?: string): void {
    if (this.lacks(path)) return
    this.problems.push({ ...valuePositionOf(this.tree, path), code, message, ...(hint === undefined ? {} : { hint }) })
  }

  /** As `report`, on the key. */
  reportKey(path: Path, code: string, message: string, hint?: string): void {
    const before = this.problems.length
    this.report(path, code, message, hint)
    const last = this.problems[before]
    if (last !== undefined) this.problems[before] = { ...last, ...this.at(path) }
  }

  /** Whether what stands at a path, or a part of it, was left out: then it may be what seems to be missing. */
  lacks(path: Path): boolean {
    const prefix = entryKey(path).slice(0, -1)
    return this.#removed.some((gone) => gone === `${prefix}]` || gone.startsWith(`${prefix},`))
  }

  /** Whether a name is declared. One that is not is one problem, at the first place that names it, however many do. */
  knows(kind: Names, name: string, path: Path): boolean {
    const known = this.#declared[kind]
    if (known.includes(name)) return true
    const noun = kind.slice(0, -1)
    const key = `${noun} ${name}`
    const found = this.#unknown.get(key)
    if (found === undefined) {
      const index = this.problems.length
      this.report(path, `${noun}.unknown`, `no ${noun} is called \`${name}\``, didYouMean(name, known))
      const [reported] = this.problems.slice(index)
      if (reported !== undefined) this.#unknown.set(key, { index, places: [reported] })
      return false
    }
    const places = inOrder([...found.places, { ...found.places[0]!, ...valuePositionOf(this.tree, path) }])
    this.#unknown.set(key, { ...found, places })
    const [first, ...others] = places as [Problem, ...Problem[]]
    const lines = [...new Set(others.map(({ file, line }) => (file === first.file ? `line ${line}` : `${file}:${line}`)))]
    this.problems[found.index] = { ...first, message: `no ${noun} is called \`${name}\`, which is named in ${lines.slice(0, MAX_LINES).join(', ')} too` }
    return false
  }

  /** The given value, or the default, which `check --explain` then shows. */
  or<T>(given: T | undefined, fallback: T, path: Path, why: string): T {
    if (given !== undefined) return given
    this.defaults.push({ path: path.join('/'), value: JSON.stringify(fallback), why, at: this.at(path) })
    return fallback
  }
}
