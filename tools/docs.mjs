import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './run.mjs'

const NOTE = '<!-- Generated from the code by npm run docs: change the code, not this page. -->'

/**
 * The pages that are made from the code, by their paths. Needs a build.
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function generated() {
  const [proof, chain, prober] = await Promise.all([built('core/proof'), built('core/chain'), built('security/prober')])
  return {
    'docs/codes.md': codesPage(proof.CODES),
    'docs/controls.md': controlsPage(chain.CONTROLS),
    'docs/attacks.md': attacksPage(prober.CATALOGUE ?? prober.ATTACKS),
  }
}

/** @param {string} folder */
function built(folder) {
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
  for (const [file, text] of Object.entries(await generated())) await writeFile(join(ROOT, file), text)
}
