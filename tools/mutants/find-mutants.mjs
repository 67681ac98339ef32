/**
 * Finds what can be broken in a source: rows of tables of checks, and statements that refuse. Reads the code as the formatter
 * leaves it; what it does not recognise it leaves alone.
 * @typedef {{ file: string, line: number, check: string, mutation: string, text: string }} Mutant `text` is the whole source, broken
 */

const ROW = /^ {2}\{ code: '([a-z.-]+)', holds: (\(.*?\)) => (.*) \},$/gm
const CODE = /'([a-z]+\.[a-z-]+)'/
const CHOICE = /^(.*(?:return|=>) )(\S.*?) \? (.+?) : (.+)$/gm

/**
 * @param {string} file
 * @param {string} source
 * @returns {readonly Mutant[]}
 */
export function mutantsOf(file, source) {
  /** @type {Mutant[]} */
  const found = []
  /** @type {(at: number, end: number, put: string, check: string, mutation: string) => void} */
  const add = (at, end, put, check, mutation) =>
    void found.push({ file, line: source.slice(0, at).split('\n').length, check, mutation, text: source.slice(0, at) + put + source.slice(end) })

  for (const match of source.matchAll(ROW)) {
    const [row, code = '', parameters = '', holds = ''] = match
    const end = match.index + row.length
    add(match.index, end, '', code, 'the row is gone')
    add(match.index, end, `  { code: '${code}', holds: ${parameters} => !(${holds}) },`, code, 'the row is turned round')
    for (const [part, rest] of withoutEach(holds)) add(match.index, end, `  { code: '${code}', holds: ${parameters} => ${rest} },`, code, `but for: ${part}`)
  }
  for (const { at, end, condition, returned } of refusals(source)) {
    const check = CODE.exec(returned)?.[1] ?? returned
    add(at, end, ';', check, `never: ${condition}`)
    add(at, end, `if (!(${condition})) return ${returned}`, check, `unless: ${condition}`)
    for (const [part, rest] of withoutEach(condition)) add(at, end, `if (${rest}) return ${returned}`, check, `but for: ${part}`)
  }
  for (const match of source.matchAll(CHOICE)) {
    const [choice, before = '', condition = '', yes = '', no = ''] = match
    const codes = [yes, no].map((branch) => CODE.exec(branch)?.[1])
    const check = codes[0] ?? codes[1]
    if (check === undefined) continue
    const end = match.index + choice.length
    add(match.index, end, `${before}!(${condition}) ? ${yes} : ${no}`, check, `turned round: ${condition}`)
    if (codes.includes(undefined)) add(match.index, end, `${before}${codes[0] === undefined ? yes : no}`, check, `never: ${condition}`)
  }
  return found
}

/**
 * The statements `if (condition) return value`.
 * @param {string} source
 */
function* refusals(source) {
  for (const { index: at } of source.matchAll(/\bif \(/g)) {
    const open = at + 'if ('.length
    const close = closing(source, open)
    const [whole, returned] = /^\)\s+return (.+)/.exec(source.slice(close)) ?? []
    if (whole === undefined || returned === undefined) continue
    yield { at, end: close + whole.length, condition: source.slice(open, close).replace(/\s+/g, ' ').trim(), returned }
  }
}

/**
 * Where the parenthesis that is open at `from` closes.
 * @param {string} source
 * @param {number} from
 */
function closing(source, from) {
  let depth = 1
  for (const { 0: mark, index } of source.slice(from).matchAll(/'(?:[^'\\]|\\.)*'|[()]/g)) {
    if (mark === '(') depth += 1
    if (mark === ')') depth -= 1
    if (depth === 0) return from + index
  }
  return source.length
}

/**
 * Each part of a condition of several, with what the condition is without it.
 * @param {string} condition
 * @returns {readonly (readonly [part: string, rest: string])[]}
 */
function withoutEach(condition) {
  const either = split(condition, ' || ')
  const [parts, joint] = either.length > 1 ? [either, ' || '] : [split(condition, ' && '), ' && ']
  if (parts.length === 1) return []
  return parts.map((part, index) => [part, parts.filter((_, other) => other !== index).join(joint)])
}

/**
 * The parts of a condition between the operators that stand outside all parentheses.
 * @param {string} condition
 * @param {string} operator
 * @returns {readonly string[]}
 */
function split(condition, operator) {
  const parts = ['']
  let depth = 0
  for (const [mark] of condition.matchAll(/'(?:[^'\\]|\\.)*'| (?:\|\||&&) |[^]/g)) {
    if ('([{'.includes(mark)) depth += 1
    if (')]}'.includes(mark)) depth -= 1
    if (mark === operator && depth === 0) parts.push('')
    else parts[parts.length - 1] += mark
  }
  return parts
}
