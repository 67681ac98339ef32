export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

export const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

/**
 * Reads a JSON object in which no object names a member twice; undefined for anything else.
 * `JSON.parse` keeps the last of two members silently, so two readers could see two different claims. RFC 8725 §2.4.
 */
export function readObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && !repeatsMember(text) ? value : undefined
  } catch {
    return undefined
  }
}

const STRING_OR_MARK = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/** Whether valid JSON names a member twice in one object. Linear in the length of the text. */
function repeatsMember(text: string): boolean {
  const open: (Set<string> | null)[] = []
  let key: string | undefined
  for (const [mark] of text.matchAll(STRING_OR_MARK)) {
    if (mark === '{') open.push(new Set())
    else if (mark === '[') open.push(null)
    else if (mark === '}' || mark === ']') open.pop()
    else if (mark === ':') {
      const members = open.at(-1)
      if (members && key !== undefined) {
        if (members.has(key)) return true
        members.add(key)
      }
    } else if (mark !== ',') {
      key = mark.includes('\\') ? (JSON.parse(mark) as string) : mark.slice(1, -1)
    }
  }
  return false
}
