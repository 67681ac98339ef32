import type { Position } from '@everyhop/chain'
import type { Problem } from './problem.js'
import type { Manifest } from './schema.js'
import { didYouMean } from './suggest.js'
import { entryKey, positionOf, valuePositionOf, type Path, type Tree } from './tree.js'

/** A setting that the manifest left to us. */
export type Default = { readonly path: string; readonly value: string; readonly why: string; readonly at: Position }

export type Names = 'teams' | 'hops' | 'clients' | 'waivers'

/** What the steps of compilation share: the manifest, where its entries stand, and where problems and defaults are gathered. */
export class Context {
  readonly problems: Problem[] = []
  readonly defaults: Default[] = []
  readonly tree: Tree
  readonly manifest: Manifest
  readonly #removed: readonly string[]
  readonly #declared: Readonly<Record<Names, readonly string[]>>

  /** `declared` has all names that the file gives, also those of entries that had to be left out. */
  constructor(tree: Tree, manifest: Manifest, options: { readonly removed: readonly Path[]; readonly declared: Readonly<Record<Names, readonly string[]>> }) {
    this.tree = tree
    this.manifest = manifest
    this.#removed = options.removed.map(entryKey)
    this.#declared = options.declared
  }

  at(path: Path): Position {
    return positionOf(this.tree, path)
  }

  /** Reports on the value at a path, unless part of it was left out: then the first report is the cause of this one. */
  report(path: Path, code: string, message: string, hint?: string): void {
    const prefix = entryKey(path).slice(0, -1)
    if (this.#removed.some((gone) => gone === `${prefix}]` || gone.startsWith(`${prefix},`) || path.length === 0)) return
    this.problems.push({ ...valuePositionOf(this.tree, path), code, message, ...(hint === undefined ? {} : { hint }) })
  }

  /** As `report`, on the key. */
  reportKey(path: Path, code: string, message: string, hint?: string): void {
    const before = this.problems.length
    this.report(path, code, message, hint)
    const last = this.problems[before]
    if (last !== undefined) this.problems[before] = { ...last, ...this.at(path) }
  }

  /** Whether a name is declared; reports where it is not. */
  knows(kind: Names, name: string, path: Path): boolean {
    const known = this.#declared[kind]
    if (known.includes(name)) return true
    const noun = kind.slice(0, -1)
    this.report(path, `${noun}.unknown`, `no ${noun} is called \`${name}\``, didYouMean(name, known))
    return false
  }

  /** The given value, or the default, which `check --explain` then shows. */
  or<T>(given: T | undefined, fallback: T, path: Path, why: string): T {
    if (given !== undefined) return given
    this.defaults.push({ path: path.join('/'), value: JSON.stringify(fallback), why, at: this.at(path) })
    return fallback
  }
}
