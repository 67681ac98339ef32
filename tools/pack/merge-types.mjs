import { dirname, join, relative } from 'node:path'

/**
 * Makes one declaration file of those that the entries lead to: what they export and what that needs, without the lines that
 * import one module into the other. What several entries need is in a file beside the first. It reads what the compiler
 * writes, in which statements begin at the margin.
 * @param {readonly string[]} entries
 * @param {ReadonlyMap<string, string>} files texts by file
 * @returns {ReadonlyMap<string, string> | undefined} undefined where it cannot: something is renamed on its way, or is no plain declaration
 */
export function mergeTypes(entries, files) {
  /** @type {Map<string, { file: string, texts: string[] }>} */
  const declared = new Map()
  /** @type {Map<string, Set<string>>} */
  const imported = new Map()
  const exports = new Map(entries.map((entry) => [entry, /** @type {Set<string>} */ (new Set())]))
  /** @type {Set<string>} */
  const seen = new Set()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = apart(files.get(file) ?? '', declared)
    if (text === '') return undefined
    const exported = exports.get(file)
    for (const statement of statementsOf(text)) {
      const [, kind, names, specifier] = /^(import|export)(?: type)? (\{[^}]*\}|\*) from '([^']+)';$/.exec(bare(statement)) ?? []
      if (specifier !== undefined && names !== undefined) {
        if (/ as /.test(names)) return undefined
        const list = names === '*' ? [] : namesIn(names.slice(1, -1))
        if (specifier.startsWith('.')) {
          const target = join(dirname(file), specifier.replace(/\.js$/, '.d.ts'))
          waiting.push(target)
          if (kind === 'export') for (const name of names === '*' ? exportsOf(files.get(target) ?? '') : list) exported?.add(name)
        } else {
          if (kind === 'export') return undefined
          imported.set(specifier, new Set([...(imported.get(specifier) ?? []), ...list]))
        }
        continue
      }
      const [, local] = /^export (?:type )?\{([^}]*)\};$/.exec(bare(statement)) ?? []
      if (local !== undefined) {
        if (/ as /.test(local)) return undefined
        for (const name of namesIn(local)) exported?.add(name)
        continue
      }
      const name = nameOf(statement)
      if (name === undefined || /\bimport\(/.test(statement)) return undefined
      const before = declared.get(name)
      if (before !== undefined && before.file !== file) return undefined
      if (before === undefined) declared.set(name, { file, texts: [statement] })
      else before.texts.push(statement)
      if (bare(statement).startsWith('export ')) exported?.add(name)
    }
  }
  return written(exports, declared, imported)
}

/**
 * @param {ReadonlyMap<string, ReadonlySet<string>>} exports names by entry
 * @param {ReadonlyMap<string, { texts: readonly string[] }>} declared
 * @param {ReadonlyMap<string, ReadonlySet<string>>} imported
 */
function written(exports, declared, imported) {
  const needs = new Map(Array.from(exports, ([file, names]) => [file, neededBy(names, declared)]))
  const [first = ''] = exports.keys()
  const home = join(dirname(first), 'types.d.ts')
  const shared = new Set([...declared.keys()].filter((name) => [...needs.values()].filter((needed) => needed.has(name)).length > 1))
  const files = Array.from(exports, ([file, names]) => {
    const own = [...declared.keys()].filter((name) => needs.get(file)?.has(name) && !shared.has(name))
    const used = neededBy(own, declared)
    const path = pathTo(file, home)
    const from = (/** @type {readonly string[]} */ list, /** @type {string} */ how) =>
      list.length === 0 ? [] : [`${how} { ${list.join(', ')} } from '${path}';`]
    const lines = [
      ...importsOf(new Set(own.flatMap((name) => wordsOf(declared.get(name)))), imported),
      ...from(
        [...shared].filter((name) => used.has(name)),
        'import type',
      ),
      ...own.flatMap((name) => spelled(name, declared, names)),
      ...from(
        [...shared].filter((name) => names.has(name)),
        'export',
      ),
    ]
    return /** @type {const} */ ([file, ended(lines)])
  })
  if (shared.size === 0) return new Map(files)
  const lines = [
    ...importsOf(new Set([...shared].flatMap((name) => wordsOf(declared.get(name)))), imported),
    ...[...shared].flatMap((name) => spelled(name, declared, shared)),
  ]
  return new Map([...files, [home, ended(lines)]])
}

/**
 * Without the last line everything in a declaration file is exported.
 * @param {readonly string[]} lines
 */
const ended = (lines) => [...lines, 'export {};', ''].join('\n')

/** @param {{ texts: readonly string[] } | undefined} statement */
const wordsOf = (statement) => (statement?.texts ?? []).flatMap((text) => bare(text).match(/[A-Za-z_$][\w$]*/g) ?? [])

/**
 * @param {Iterable<string>} names
 * @param {ReadonlyMap<string, { texts: readonly string[] }>} declared
 */
function neededBy(names, declared) {
  /** @type {Set<string>} */
  const needed = new Set()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (needed.has(name)) continue
    needed.add(name)
    waiting.push(...wordsOf(declared.get(name)))
  }
  return needed
}

/**
 * @param {ReadonlySet<string>} words
 * @param {ReadonlyMap<string, ReadonlySet<string>>} imported
 */
function importsOf(words, imported) {
  return Array.from(imported, ([specifier, names]) => {
    const used = [...names].filter((name) => words.has(name))
    return used.length === 0 ? [] : [`import type { ${used.join(', ')} } from '${specifier}';`]
  }).flat()
}

/**
 * @param {string} name
 * @param {ReadonlyMap<string, { texts: readonly string[] }>} declared
 * @param {ReadonlySet<string>} exported
 */
function spelled(name, declared, exported) {
  return (declared.get(name)?.texts ?? []).map((text) => {
    const plain = text.replace(/^export /m, '')
    return exported.has(name) ? plain.replace(/^(declare|type|interface) /m, 'export $1 ') : plain
  })
}

/**
 * @param {string} file
 * @param {string} home
 */
function pathTo(file, home) {
  const path = relative(dirname(file), home.replace(/\.d\.ts$/, '.js')).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}

/**
 * Gives names that a module keeps to itself another spelling where an earlier module has them too.
 * @param {string} text
 * @param {ReadonlyMap<string, unknown>} taken
 * @returns {string} empty where a member of a type has the name as well
 */
function apart(text, taken) {
  let result = text
  for (const statement of statementsOf(text)) {
    const name = bare(statement).startsWith('export ') ? undefined : nameOf(statement)
    if (name === undefined || !taken.has(name)) continue
    if (new RegExp(`\\b${name}\\??:`).test(bare(text).replaceAll(`const ${name}:`, ''))) return ''
    result = result.replaceAll(new RegExp(`(?<![.\\w$])${name}(?![\\w$])`, 'g'), `${name}${taken.size}`)
  }
  return result
}

/** @param {string} text */
function statementsOf(text) {
  const lines = text
    .replace(/\n\/\/# sourceMappingURL=.*/, '')
    .trimEnd()
    .split('\n')
  /** @type {string[]} */
  const statements = []
  let isOpen = false
  for (const line of lines) {
    const begins = /^(\/\*\*|import |export |declare |type |interface )/.test(line)
    if (begins && !isOpen) statements.push(line)
    else statements[statements.length - 1] += `\n${line}`
    // A comment belongs to what comes after it.
    if (begins) isOpen = line.startsWith('/**')
  }
  return statements
}

/** @param {string} list */
const namesIn = (list) =>
  list
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '')

/** @param {string} text */
const exportsOf = (text) => statementsOf(text).flatMap((statement) => (bare(statement).startsWith('export ') ? [nameOf(statement) ?? ''] : []))

/** @param {string} statement */
const nameOf = (statement) => /^(?:export )?(?:declare )?(?:const|function|class|type|interface) ([\w$]+)/.exec(bare(statement))?.[1]

/**
 * Without comments.
 * @param {string} statement
 */
const bare = (statement) => statement.replaceAll(/\/\*\*[\s\S]*?\*\/\s*/g, '')
