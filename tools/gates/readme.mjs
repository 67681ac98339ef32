import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { treeFiles } from '../files.mjs'
import { capture, ROOT } from '../run.mjs'

export const about = 'commands and links in the documents exist'

export async function check() {
  const files = (await treeFiles()).filter((file) => file.endsWith('.md'))
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const known = { scripts: new Set(Object.keys(scripts)), commands: await commandsOfCli() }
  const found = await Promise.all(files.map((file) => problemsIn(file, known)))
  return found.flat()
}

/** What the command line itself lists. */
async function commandsOfCli() {
  const { status, stdout, output } = await capture(process.execPath, ['cli/bin/everyhop.js', '--help'])
  if (status !== 0) throw new Error(`everyhop --help: ${output}`)
  const list = stdout.split(/^Commands:$/m)[1] ?? ''
  return new Set(Array.from(list.matchAll(/^ {2}([a-z]+)\b/gm), ({ 1: name = '' }) => name))
}

/**
 * @param {string} file
 * @param {{ scripts: ReadonlySet<string>, commands: ReadonlySet<string> }} known
 */
async function problemsIn(file, known) {
  const text = await readFile(join(ROOT, file), 'utf8')
  const problems = unknownCommands(text, known).map((command) => `${file}: there is no ${command}`)
  for (const { 1: link = '' } of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
    const isThere = await access(join(ROOT, dirname(file), link)).then(
      () => true,
      () => false,
    )
    if (!isThere) problems.push(`${file}: the link to ${link} leads nowhere`)
  }
  return problems
}

/**
 * Looks at code only: prose may say what everyhop is.
 * @param {string} text
 * @param {{ scripts: ReadonlySet<string>, commands: ReadonlySet<string> }} known
 */
export function unknownCommands(text, { scripts, commands }) {
  const code = Array.from(text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g), ({ 0: block }) => block).join('\n')
  const runs = Array.from(code.matchAll(/\bnpm (?:run (?:--silent |-s )?([\w:-]+)|(test)\b)/g), ({ 1: run, 2: short }) => run ?? short ?? '')
  const calls = Array.from(code.matchAll(/(?:^|`|npx |\$ )everyhop ([a-z]+)/gm), ({ 1: name = '' }) => name)
  return [
    ...runs.filter((name) => !scripts.has(name)).map((name) => `npm run ${name}`),
    ...calls.filter((name) => !commands.has(name)).map((name) => `everyhop ${name}`),
  ]
}
