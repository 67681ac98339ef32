import type { Position } from '@everyhop/chain'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { Problem } from './problem.js'

/** Where in a manifest: keys and indexes from the root. */
export type Path = readonly (string | number)[]

/** Positions of an entry: of its key and of its value. */
export type Entry = { readonly key: Position; readonly value: Position }

/** Plain data with the position of every key and value in it. */
export type Tree = {
  readonly data: unknown
  readonly entries: ReadonlyMap<string, Entry>
  /** Of the file. */
  readonly start: Position
}

/** Position of the entry at a path, or of the nearest one around it. */
export const positionOf = (tree: Tree, path: Path): Position => nearest(tree, path, 'key')

/** As `positionOf`, but of the value rather than of its key. */
export const valuePositionOf = (tree: Tree, path: Path): Position => nearest(tree, path, 'value')

function nearest({ entries, start }: Tree, path: Path, side: 'key' | 'value'): Position {
  for (let length = path.length; length > 0; length--) {
    const entry = entries.get(entryKey(path.slice(0, length)))
    if (entry !== undefined) return length === path.length ? entry[side] : entry.key
  }
  return start
}

/** A path as one string: JSON, since names may hold any separator. */
export const entryKey = (path: Path): string => JSON.stringify(path.map(String))

const MAX_LENGTH = 256 * 1024
const MAX_NODES = 20_000
const MAX_DEPTH = 24
/** Names that mean something to JavaScript objects, and nothing in a manifest. */
const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads YAML into a tree, or says what hinders. Never throws; size, depth and aliases are bounded. */
export function readTree(file: string, text: string): { readonly tree: Tree; readonly problems: readonly Problem[] } {
  const start = { file, line: 1, column: 1 }
  if (text.length > MAX_LENGTH) {
    return {
      tree: emptyTree(start),
      problems: [{ ...start, code: 'file.size', message: `the file is larger than ${MAX_LENGTH / 1024} KiB`, hint: 'split it with `extends`' }],
    }
  }
  const lines = new LineCounter()
  const doc = parse(text, lines)
  const position = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (typeof doc === 'string') return { tree: emptyTree(start), problems: [{ ...start, code: 'yaml.syntax', message: doc }] }

  const problems: Problem[] = [...doc.errors, ...doc.warnings].map((error) => ({
    ...position(error.pos[0]),
    code: error.code === 'DUPLICATE_KEY' ? 'yaml.duplicate-key' : 'yaml.syntax',
    message: error.code === 'DUPLICATE_KEY' ? 'this key stands here twice' : lowerFirst(error.message.split('\n')[0] ?? error.code),
    ...(error.code === 'DUPLICATE_KEY' ? { hint: 'keep one of them' } : {}),
  }))
  const walk = new Walk(doc, position, problems)
  const data = walk.value(doc.contents, [], position(doc.contents?.range?.[0]))
  return { tree: { data, entries: walk.entries, start }, problems }
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed | string {
  try {
    return parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false, schema: 'core', version: '1.2', merge: false, logLevel: 'silent' })
  } catch (error) {
    return `this is not YAML: ${error instanceof Error ? error.message : 'unreadable'}`
  }
}

const emptyTree = (start: Position): Tree => ({ data: undefined, entries: new Map(), start })

/** Turns nodes into plain data, counting every node, those behind aliases too. */
class Walk {
  readonly entries = new Map<string, Entry>()
  #nodes = 0
  readonly #doc: Document.Parsed
  readonly #position: (offset: number | undefined) => Position
  readonly #problems: Problem[]

  constructor(doc: Document.Parsed, position: (offset: number | undefined) => Position, problems: Problem[]) {
    this.#doc = doc
    this.#position = position
    this.#problems = problems
  }

  value(node: unknown, path: Path, key: Position): unknown {
    const here = isNode(node) ? this.#position(node.range?.[0]) : key
    if (path.length > 0) this.entries.set(entryKey(path), { key, value: here })
    if (++this.#nodes > MAX_NODES || path.length > MAX_DEPTH) return this.#tooMuch(here)
    if (isAlias(node)) return this.#alias(node.resolve(this.#doc), path, here)
    if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index], isNode(item) ? this.#position(item.range?.[0]) : here))
    if (isMap(node)) return this.#map(node.items, path)
    return isScalar(node) ? node.value : undefined
  }

  #alias(target: Node | undefined, path: Path, here: Position): unknown {
    if (target !== undefined) return this.value(target, path, here)
    this.#report(here, 'yaml.alias', 'this alias has no anchor before it')
    return undefined
  }

  #map(items: readonly { readonly key: unknown; readonly value: unknown }[], path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const { key, value } of items) {
      const here = isNode(key) ? this.#position(key.range?.[0]) : this.#position(0)
      const name = isScalar(key) && ['string', 'number'].includes(typeof key.value) ? String(key.value) : undefined
      if (name === undefined || UNSAFE_KEYS.has(name)) this.#report(here, 'yaml.key', 'this cannot be a key', 'use a plain word')
      else result[name] = this.value(value, [...path, name], here)
    }
    return result
  }

  #tooMuch(here: Position): undefined {
    if (!this.#problems.some(({ code }) => code === 'yaml.too-much')) {
      this.#report(here, 'yaml.too-much', 'the file nests too deep or has too many entries, with its aliases counted', 'write it out flat')
    }
    return undefined
  }

  #report(here: Position, code: string, message: string, hint?: string): void {
    this.#problems.push({ ...here, code, message, ...(hint === undefined ? {} : { hint }) })
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'range' in value

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
