export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

export const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

/**
 * Reads a JSON object in which no object names a member twice; undefined for anything else.
 * `JSON.parse` keeps the last of two members silently, so two readers could see two different claims. RFC 8725 §2.4.
 * Of more than `maxMembers` in all it is not even parsed: objects that large cost several times as much a member.
 */
export function readObject(text: string, maxMembers = Infinity): Json | undefined {
  const names = countNames(text)
  if (names > maxMembers) return undefined
  try {
    const value: unknown = JSON.parse(text)
    // A name that is said twice is counted twice, and is one member.
    return isObject(value) && names === countMembers(value) ? value : undefined
  } catch {
    return undefined
  }
}

const [SPACE, QUOTE, COLON, BACKSLASH] = [0x20, '"', 0x3a, 0x5c] as const

/** Strings that a colon follows: in JSON no other has one behind it, and what is no JSON is refused whatever this counts. Linear in the length. */
function countNames(text: string): number {
  let count = 0
  let open = text.indexOf(QUOTE)
  while (open !== -1) {
    let close = text.indexOf(QUOTE, open + 1)
    while (isEscaped(text, close)) close = text.indexOf(QUOTE, close + 1)
    if (close === -1) break
    let next = close + 1
    // White space of JSON is what parsed and lies at or below the space.
    while (text.charCodeAt(next) <= SPACE) next += 1
    if (text.charCodeAt(next) === COLON) count += 1
    open = text.indexOf(QUOTE, next)
  }
  return count
}

/** Whether an odd number of backslashes stands before this place. */
function isEscaped(text: string, place: number): boolean {
  let start = place
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1
  return (place - start) % 2 === 1
}

/** Members of the object and of all within it, however deep: hostile depth must not fill the stack. */
function countMembers(value: Json): number {
  let count = 0
  const open: object[] = [value]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const inner: readonly unknown[] = Object.values(one)
    if (!Array.isArray(one)) count += inner.length
    for (const each of inner) if (typeof each === 'object' && each !== null) open.push(each)
  }
  return count
}
