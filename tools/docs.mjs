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
  'docs/attacks.md': async () => attacksPage((await built('security/prober')).CATALOGUE),
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

/** @param {Iterable<{ id: string, title: string, control: string, layer: string, prod: string, spec: readonly string[], needs: readonly string[] }>} attacks */
function attacksPage(attacks) {
  const rows = Array.from(attacks, ({ id, title, control, layer, prod, spec, needs }) => [id, title, control, layer, prod, spec.join(', '), needs.join(', ')])
  return page(
    'Attacks',
    'What the prober tries. The title says what went wrong if it succeeds.',
    ['attack', 'title', 'control', 'layer', 'class', 'demanded by', 'needs'],
    rows,
  )
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
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return `# ${title}\n\n${NOTE}\n\n${about}\n\n${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
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
