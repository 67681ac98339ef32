import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Attack } from './attack.js'
import { readAttack } from './own-attack.js'
import { CATALOGUE } from './catalogue.js'
import { rowOf } from './catalogue-rows.js'
import { MISSING } from './missing-attacks.js'

/** Every mistake of all files, one a line. */
export class OwnAttacksError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'OwnAttacksError'
  }
}

const EVERYBODY_MAY_WRITE = 0o002

/**
 * Loads the attacks of a folder: each `.js` or `.mjs` file in it exports one. They run with everything that this process may do,
 * so none is loaded that anybody could have written. Throws OwnAttacksError.
 */
export async function loadAttacks(folder: string): Promise<readonly Attack[]> {
  const files = filesOf(folder)
  const problems: string[] = []
  const loaded: { readonly file: string; readonly attack: Attack }[] = []
  for (const file of files) {
    const found = await load(file)
    if (Array.isArray(found)) problems.push(...(found as readonly string[]).map((problem) => `${file}: ${problem}`))
    else loaded.push({ file, attack: found as Attack })
  }
  problems.push(...clashes(loaded))
  if (problems.length > 0) throw new OwnAttacksError(problems)
  return loaded.map(({ attack }) => attack)
}

function filesOf(folder: string): readonly string[] {
  let names: readonly string[]
  try {
    names = readdirSync(folder).filter((name) => /\.m?js$/.test(name) && !/\.(?:test|spec)\./.test(name))
  } catch {
    throw new OwnAttacksError([`${folder}: it is no folder that can be read`])
  }
  if (names.length === 0) throw new OwnAttacksError([`${folder}: it holds no attack, which is a file with the ending .js or .mjs`])
  return names.toSorted().map((name) => join(folder, name))
}

async function load(file: string): Promise<Attack | readonly string[]> {
  if ([file, join(file, '..')].some((path) => (statSync(path).mode & EVERYBODY_MAY_WRITE) !== 0))
    return ['everybody may write it or its folder, so it is not run: chmod o-w']
  let module: Readonly<Record<string, unknown>>
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    return [`it cannot be loaded: ${error instanceof Error ? `${error.name}: ${error.message.split('\n', 1)[0]}` : 'it threw'}`]
  }
  const exported = [...new Set(Object.values(module))]
  return exported.length === 1 ? readAttack(exported[0]) : [`it must export one attack, and exports ${exported.length} things`]
}

/** An id is for ever: none may mean two attacks, nor stand for a row of the catalogue. */
function clashes(loaded: readonly { readonly file: string; readonly attack: Attack }[]): readonly string[] {
  const rows = new Set([...CATALOGUE, ...MISSING].map(({ id }) => rowOf(id)))
  const taken = new Map<string, string>()
  return loaded.flatMap(({ file, attack: { id } }) => {
    const earlier = taken.get(id)
    taken.set(id, file)
    if (rows.has(rowOf(id))) return [`${file}: id: ${id} is an attack of the catalogue; choose a family of your own, such as OWN-01`]
    return earlier === undefined ? [] : [`${file}: id: ${id} is the attack of ${earlier} already`]
  })
}
