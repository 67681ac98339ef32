import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { treeFiles } from '../files.mjs'
import { ROOT } from '../run.mjs'

export const about = 'imports point the way of tools/layers.json, and the pure packages are pure'

/**
 * What one package may import. `packages` and `libraries` by value, `types` only as types, `tests` besides in its tests.
 * `builtins` restricts Node's modules where it is given; `impure: false` forbids clock, environment, network and console.
 * @typedef {{ packages: readonly string[], types?: readonly string[], tests?: readonly string[], libraries?: readonly string[], builtins?: readonly string[], impure?: false }} Layer
 * @typedef {Readonly<Record<string, Layer>>} Layers
 */

export async function check() {
  /** @type {Layers} */
  const layers = JSON.parse(await readFile(join(ROOT, 'tools/layers.json'), 'utf8'))
  const files = (await treeFiles()).filter((file) => /(^|\/)src\/.*\.ts$/.test(file))
  const sources = await Promise.all(files.map(async (path) => ({ path, text: await readFile(join(ROOT, path), 'utf8') })))
  return sources.flatMap((source) => violations(source, layers))
}

/**
 * @param {{ path: string, text: string }} source
 * @param {Layers} layers
 * @returns {readonly string[]}
 */
export function violations({ path, text }, layers) {
  const home = Object.keys(layers).find((folder) => path.startsWith(`${folder}/src/`))
  const layer = home === undefined ? undefined : layers[home]
  if (home === undefined || layer === undefined) return [`${path}: its package is not in tools/layers.json`]
  const isTest = /\.(test|testkit)\.ts$/.test(path)
  const code = withoutComments(text)
  const wrongImports = importsOf(code).flatMap((found) => {
    const reason = found.specifier.startsWith('.') ? leaves(home, path, found.specifier) : refusal(layer, found, isTest)
    return reason === undefined ? [] : [`${path}:${lineOf(code, found.index)}: ${reason}`]
  })
  const impurities = layer.impure === false && !isTest ? impure(code) : []
  return [...wrongImports, ...impurities.map(({ index, what }) => `${path}:${lineOf(code, index)}: ${what} in a package that has to be pure`)]
}

/**
 * @param {string} home
 * @param {string} path
 * @param {string} specifier
 */
function leaves(home, path, specifier) {
  const target = posix.join(posix.dirname(path), specifier)
  return target.startsWith(`${home}/`) ? undefined : `${specifier} reaches into another package past its front door`
}

/**
 * @param {Layer} layer
 * @param {Import} found
 * @param {boolean} isTest
 */
function refusal(layer, { specifier, isType }, isTest) {
  if (specifier.startsWith('node:')) {
    const isFree = layer.builtins === undefined || isTest
    return isFree || layer.builtins?.includes(specifier) ? undefined : `${specifier} is not one of the builtins that this package may use`
  }
  const name = packageOf(specifier)
  const isOurs = name === 'everyhop' || name.startsWith('@everyhop/')
  if (isTest && !isOurs) return undefined
  if (layer.packages.includes(name) || layer.libraries?.includes(name)) return undefined
  if (isTest && layer.tests?.includes(name)) return undefined
  if (layer.types?.includes(name)) return isType ? undefined : `${name} may be imported for its types only (import type)`
  return `${name} may not be imported here`
}

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * @typedef {{ specifier: string, isType: boolean, index: number }} Import
 * @param {string} code
 * @returns {readonly Import[]}
 */
function importsOf(code) {
  const statements = code.matchAll(/^[ \t]*(?:import|export)\s+(?:(type)\s+)?(?:[\w*\s{},$]+?\sfrom\s*)?(['"])([^'"\n]+)\2/gm)
  const calls = code.matchAll(/\b(?:import|require|createRequire\([^)]*\))\s*\(\s*(['"`])([^'"`\n]+)\1/g)
  return [
    ...Array.from(statements, ({ 1: type, 3: specifier = '', index }) => ({ specifier, isType: type !== undefined, index })),
    ...Array.from(calls, ({ 2: specifier = '', index }) => ({ specifier, isType: isInType(code, index), index })),
  ]
}

/**
 * `readonly chain: import('…').Chain` names a type; a call is awaited, returned or passed on.
 * @param {string} code
 * @param {number} index
 */
function isInType(code, index) {
  return (
    /(?::|=>|<|\||&|\bas|\btypeof)\s*$/.test(code.slice(0, index)) &&
    /^import\(\s*['"][^'"]+['"]\s*\)\.\w/.test(code.slice(index)) &&
    !/=>\s*$/.test(code.slice(0, index))
  )
}

const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bprocess\.|\bfetch\(|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bconsole\.|\brandom(?:Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/g

/** @param {string} code */
function impure(code) {
  return Array.from(code.matchAll(IMPURE), ({ 0: what, index }) => ({ what: what.replace('(', ''), index }))
}

/**
 * Comments become blanks of the same length, so that positions stay.
 * @param {string} text
 */
function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(,])\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))
}

/**
 * @param {string} text
 * @param {number} index
 */
function lineOf(text, index) {
  return text.slice(0, index).split('\n').length
}
