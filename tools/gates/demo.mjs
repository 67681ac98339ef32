import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capture, ROOT } from '../run.mjs'

export const about = 'the demo ends well and prints what the README shows of it'

export async function check() {
  const [{ status, stdout, output }, readme] = await Promise.all([
    capture(process.execPath, ['cli/bin/everyhop.js', 'demo'], { env: { ...process.env, NO_COLOR: '1' } }),
    readFile(join(ROOT, 'README.md'), 'utf8'),
  ])
  if (status !== 0) return [`the demo ended with ${status}\n${output}`]
  return missingLines(readme, stdout).map((line) => `README.md shows what the demo does not print: ${line.trim()}`)
}

/**
 * Lines of the picture that are not among those printed. Numbers may differ: ports are chosen anew, findings grow.
 * @param {string} readme
 * @param {string} printed
 */
export function missingLines(readme, printed) {
  const picture = /<!-- picture[^\n]*\n```\n([\s\S]*?)```/.exec(readme)?.[1]
  if (picture === undefined) return ['(the picture itself is missing)']
  const lines = new Set(printed.split('\n').map(loosely))
  return picture.split('\n').filter((line) => line.trim() !== '' && !lines.has(loosely(line)))
}

/** @param {string} line */
function loosely(line) {
  return line.replaceAll(/(:|: )\d+/g, '$1N').trim()
}
