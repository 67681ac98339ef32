import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { graft, isRecord, valueAt } from './graft.js'
import type { Problem } from './problem.js'
import { SHARED_KEYS } from './schema.js'
import { positionOf, readTree, valuePositionOf, type Tree } from './tree.js'

const MAX_DEPTH = 4
const MAX_FILES = 16
const MAX_BYTES = 512 * 1024

type Reading = { readonly tree: Tree; readonly problems: Problem[] }

/** Reads a manifest with everything that it extends into one tree; each entry keeps the file and line that it came from. */
export async function readFiles(file: string, shared: readonly string[]): Promise<Reading> {
  const problems: Problem[] = []
  const read = new Set<string>()

  async function one(name: string, depth: number, from: readonly string[]): Promise<Tree> {
    const { text, problem, path } = await readText(name)
    if (problem !== undefined) {
      problems.push(problem)
      return { data: undefined, entries: new Map(), start: problem }
    }
    read.add(path)
    const { tree, problems: found } = readTree(name, text)
    problems.push(...found)
    if (depth > 0) problems.push(...strays(tree))
    let merged = tree
    for (const [index, parent] of parentsOf(tree).entries()) {
      const at = valuePositionOf(tree, Array.isArray(valueAt(tree.data, ['extends'])) ? ['extends', index] : ['extends'])
      const target = display(resolve(dirname(name), parent), name)
      const defect = await linkDefect(parent, target, [...from, path], depth, read)
      if (defect === undefined) merged = merge(merged, await one(target, depth + 1, [...from, path]), problems)
      else problems.push({ ...at, code: 'extends.unusable', message: defect, hint: 'extend a file beside this one or below a common folder, by relative path' })
    }
    return merged
  }

  let tree = await one(file, 0, [])
  for (const name of shared) tree = merge(tree, await one(name, 1, []), problems)
  return { tree, problems }
}

async function readText(name: string): Promise<{ readonly text: string; readonly path: string; readonly problem?: Problem }> {
  const start = { file: name, line: 1, column: 1 }
  try {
    const path = await realpath(name)
    const { size } = await stat(path)
    if (size > MAX_BYTES)
      return {
        text: '',
        path,
        problem: { ...start, code: 'file.size', message: `the file is larger than ${MAX_BYTES / 1024} KiB`, hint: 'split it with `extends`' },
      }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)), path }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const message =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'the file is not UTF-8'
          : `the file cannot be read${code === '' ? '' : ` (${code})`}`
    return { text: '', path: name, problem: { ...start, code: 'file.unreadable', message, hint: 'name the manifest with -f' } }
  }
}

function parentsOf({ data }: Tree): readonly string[] {
  const value = valueAt(data, ['extends'])
  return (Array.isArray(value) ? value : [value]).filter((name): name is string => typeof name === 'string' && name !== '')
}

async function linkDefect(parent: string, target: string, ancestors: readonly string[], depth: number, read: ReadonlySet<string>): Promise<string | undefined> {
  if (isAbsolute(parent) || /^[a-z]+:/i.test(parent)) return 'only relative paths can be extended'
  const path = await realpath(target).catch(() => undefined)
  if (path === undefined) return `there is no file ${target}`
  if (ancestors.includes(path)) return `${target} is extended in a circle`
  if (read.has(path)) return `${target} is extended more than once`
  if (depth >= MAX_DEPTH || read.size >= MAX_FILES) return `files extend each other more than ${MAX_DEPTH} deep, or there are more than ${MAX_FILES}`
  return undefined
}

/** Relative where the first file was named so: reports should show what the user typed. */
const display = (path: string, sibling: string): string => (isAbsolute(sibling) ? path : relative(process.cwd(), path))

function strays(tree: Tree): readonly Problem[] {
  const keys = isRecord(tree.data) ? Object.keys(tree.data) : []
  return keys
    .filter((key) => !SHARED_KEYS.includes(key))
    .map((key) => ({
      ...positionOf(tree, [key]),
      code: 'extends.stray',
      message: `\`${key}\` cannot stand in a file that others extend`,
      hint: `it belongs to one chain; a shared file may hold ${SHARED_KEYS.join(', ')}`,
    }))
}

const NAMED = new Set(['teams', 'hops', 'clients', 'waivers'])

/** Adds what the shared file has. Named entries join; the policy is filled up; the rest is taken where the chain says nothing. */
function merge(own: Tree, shared: Tree, problems: Problem[]): Tree {
  if (!isRecord(shared.data)) return own
  let merged = own
  for (const [section, value] of Object.entries(shared.data)) {
    if (section === 'version' || section === 'extends' || !SHARED_KEYS.includes(section)) continue
    const mine = valueAt(merged.data, [section])
    if (mine === undefined) {
      merged = graft(merged, [section], shared, [section])
    } else if (Array.isArray(mine) && Array.isArray(value)) {
      for (const index of value.keys()) merged = graft(merged, [section, mine.length + index], shared, [section, index])
    } else if (isRecord(mine) && isRecord(value) && (NAMED.has(section) || section === 'policy')) {
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(mine, name)) merged = graft(merged, [section, name], shared, [section, name])
        else if (section !== 'policy') problems.push(twice(merged, shared, section, name))
      }
    }
  }
  return merged
}

/** A chain that quietly redefined a shared team or waiver would be a hole in accountability. */
const twice = (own: Tree, shared: Tree, section: string, name: string): Problem => {
  const there = positionOf(shared, [section, name])
  return {
    ...positionOf(own, [section, name]),
    code: 'extends.twice',
    message: `\`${name}\` is declared in ${there.file}:${there.line} too`,
    hint: 'remove one of them, or give this one another name',
  }
}
