import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { comparisonPage, performancePage } from '../bench/pages.mjs'
import { ROOT } from './run.mjs'

const NOTE = '<!-- Generated from the code by npm run docs: change the code, not this page. -->'

/**
 * The pages that are made from the code, or from the figures kept in bench/, by their paths. Needs a build; each rejects by itself where its package has none.
 * @type {Readonly<Record<string, () => Promise<string>>>}
 */
export const PAGES = Object.freeze({
  'docs/codes.md': async () => codesPage((await built('core/proof')).CODES),
  'docs/controls.md': async () => controlsPage((await built('core/controls')).CONTROLS),
  'docs/manifest.md': async () => manifestPage((await built('core/manifest')).manifestSchema()),
  'docs/attacks.md': async () => attacksPage(await built('security/prober'), await provenOn()),
  'security/prober/data/proven-on.json': async () => `${JSON.stringify(await provenOn(), null, 1)}\n`,
  'docs/comparison.md': comparisonPage,
  'docs/performance.md': performancePage,
})

/** @param {string} folder */
async function built(folder) {
  return import(pathToFileURL(join(ROOT, folder, 'dist/index.js')).href)
}

/** @param {Record<string, { fault: string, error: string | null, spec: string, title: string }>} codes */
function codesPage(codes) {
  const rows = Object.entries(codes).map(([code, { fault, error, spec, title }]) => [`\`${code}\``, title, fault, error ?? '', spec])
  return page(
    'Codes',
    'Every reason to refuse a request. A code never changes its meaning and is never renamed.',
    ['code', 'what was found', 'who must act', 'OAuth error', 'demanded by'],
    rows,
  )
}

/** @param {ReadonlyMap<string, { id: string, title: string, layer: string, severity: string, place: string, remedy: string }>} controls */
function controlsPage(controls) {
  const rows = Array.from(controls.values(), ({ id, title, layer, severity, place, remedy }) => [id, title, layer, place, severity, remedy])
  return page(
    'Controls',
    'What must hold, at which place of a chain, and what to do when it does not.',
    ['control', 'title', 'layer', 'place', 'severity', 'remedy'],
    rows,
  )
}

/**
 * Where each attack was seen to get in: the tables that the tests of the twins and of the live chains run and hold against what they see.
 * @returns {Promise<Record<string, { twin: readonly string[], live: readonly string[] }>>}
 */
async function provenOn() {
  const at = /** @param {string} file */ (file) => import(pathToFileURL(join(ROOT, file)).href)
  /** @type {Record<string, readonly string[]>} */
  const twins = (await at('security/prober/dist/twins/twin-table.testkit.js')).BROKEN_BY
  /** @type {[string, readonly string[]][]} */
  const live = Object.entries((await at('testbed/dist/proven-live.testkit.js')).PROVEN_LIVE)
  return Object.fromEntries(Object.entries(twins).map(([id, twin]) => [id, { twin, live: live.filter(([, ids]) => ids.includes(id)).map(([fault]) => fault) }]))
}

/**
 * @typedef {{ id: string, title: string, control: string, layer: string, prod: string, spec: readonly string[], needs: readonly string[] }} Attack
 * @typedef {{ id: string, title: string, control: string, prod: string, implemented: boolean, reason?: string }} Row
 * @param {{ CATALOGUE: Iterable<Attack>, catalogueRows: () => readonly Row[] }} prober
 * @param {Record<string, { twin: readonly string[], live: readonly string[] }>} proven
 */
function attacksPage({ CATALOGUE, catalogueRows }, proven) {
  const about =
    'What the prober tries. The title says what went wrong if it succeeds. Each was held by a sound server, and got in where one thing is wrong: ' +
    'at a server in one process, and (live) at real servers behind nginx. `everyhop attacks` lists the same.'
  const rows = Array.from(CATALOGUE, ({ id, title, control, layer, prod, spec, needs }) => {
    const { twin = [], live = [] } = proven[id] ?? {}
    return [id, title, control, layer, prod, spec.join(', '), needs.join(', '), [twin.join(' and '), ...live.map((fault) => `live: ${fault}`)].join('; ')]
  })
  const missing = catalogueRows().filter(({ implemented }) => !implemented)
  const open = table(
    ['row', 'what would be sent', 'control', 'class', 'it'],
    missing.map(({ id, title, control, prod, reason = '' }) => [id, title, control, prod, reason]),
  )
  const head = ['attack', 'title', 'control', 'layer', 'class', 'demanded by', 'needs', 'gets in where this is wrong']
  return `${page('Attacks', about, head, rows)}\n## Not implemented yet\n\n${missing.length} rows of the catalogue. A run says nothing about them.\n\n${open}\n`
}

/**
 * @typedef {{ type?: string, description?: string, pattern?: string, format?: string, const?: string | number, enum?: (string | number)[], anyOf?: Schema[], items?: Schema, properties?: Record<string, Schema>, required?: string[], additionalProperties?: Schema | boolean }} Schema
 * @param {Schema} schema
 */
function manifestPage(schema) {
  const about =
    'Every member of `everyhop.yaml`, version 1. `NAME` stands for a name of your choice, `[]` for each entry of a list. Unknown members are refused. [By example](manifest-by-example.md).'
  return page('The manifest', about, ['member', 'value', 'required', 'meaning'], membersOf(schema, ''))
}

/**
 * @param {Schema} schema
 * @param {string} path
 * @returns {(readonly string[])[]}
 */
function membersOf(schema, path) {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`
    return [[`\`${at}\``, valueOf(member), schema.required?.includes(name) ? 'yes' : '', member.description ?? ''], ...membersOf(member, at)]
  })
  const free = typeof schema.additionalProperties === 'object' ? membersOf(schema.additionalProperties, `${path}.NAME`) : []
  const listed = schema.items === undefined ? [] : membersOf(schema.items, `${path}[]`)
  return [...named, ...free, ...listed, ...(schema.anyOf ?? []).flatMap((one) => membersOf(one, path))]
}

/**
 * @param {Schema} schema
 * @returns {string}
 */
function valueOf(schema) {
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueOf))].join(' or ')
  if (schema.items !== undefined) return `list of ${valueOf(schema.items)}`
  return schema.type === 'object' ? 'mapping' : (schema.format ?? schema.type ?? 'any')
}

/**
 * @param {string} title
 * @param {string} about
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function page(title, about, head, rows) {
  return `# ${title}\n\n${NOTE}\n\n${about}\n\n${table(head, rows)}\n`
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, make] of Object.entries(PAGES)) {
    try {
      await writeFile(join(ROOT, file), await make())
    } catch (error) {
      console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
}
