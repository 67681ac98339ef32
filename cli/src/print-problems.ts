import { readFileSync } from 'node:fs'
import type { Problem } from '@everyhop/manifest'
import { colours } from './colours.js'

/** Each problem as `file:line:column: message`, with its line, a caret and how to mend it. */
export function renderProblems(problems: readonly Problem[]): string {
  const sources = new Map<string, readonly string[]>()
  const linesOf = (file: string): readonly string[] => {
    const known = sources.get(file) ?? readLines(file)
    sources.set(file, known)
    return known
  }
  const parts = problems.map((problem) => renderProblem(problem, linesOf(problem.file)[problem.line - 1]))
  return `${parts.join('\n')}\n${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`
}

function renderProblem({ file, line, column, code, message, hint }: Problem, source: string | undefined): string {
  const place = colours.bold(`${file}:${line}:${column}:`)
  const lines = [`${place} ${colours.red(plain(message))} ${colours.dim(`[${code}]`)}`]
  if (source !== undefined && source.trim() !== '') {
    const { text, caret } = window(source, column)
    lines.push(`    ${text}`, `    ${' '.repeat(caret)}${colours.red('^')}`)
  }
  if (hint !== undefined) lines.push(`  ${colours.cyan(plain(hint))}`)
  return `${lines.join('\n')}\n`
}

const WIDTH = 110

/** The part of a long line around the column. */
function window(source: string, column: number): { readonly text: string; readonly caret: number } {
  const line = plain(source.replaceAll('\t', ' '))
  const from = line.length <= WIDTH ? 0 : Math.max(0, Math.min(column - 1 - WIDTH / 2, line.length - WIDTH))
  return { text: line.slice(from, from + WIDTH), caret: Math.max(0, Math.min(column - 1 - from, WIDTH)) }
}

/** What comes from a file must not steer a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?')

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch {
    return []
  }
}
