/** What must never come out, and where it did. */

/** So much of a secret in one piece is a leak of it: 15 bytes of a key, or of a signature. */
const PIECE = 20

export type Canaries = {
  /** Text, or the bytes of a key: each of its usual spellings is looked for. */
  readonly hide: (name: string, secret: string | Uint8Array) => void
  /** Names of what a text tells a piece of. */
  readonly foundIn: (text: string) => readonly string[]
}

export function createCanaries(): Canaries {
  const pieces = new Map<string, string>()
  return {
    hide(name, secret) {
      for (const spelling of spellings(secret)) {
        if (spelling.length < PIECE) throw new Error(`${name} is too short to be told from other text`)
        for (let start = 0; start + PIECE <= spelling.length; start += 1) pieces.set(spelling.slice(start, start + PIECE), name)
      }
    },
    foundIn(text) {
      const found = new Set<string>()
      for (let start = 0; start + PIECE <= text.length; start += 1) {
        const name = pieces.get(text.slice(start, start + PIECE))
        if (name !== undefined) found.add(name)
      }
      return [...found]
    },
  }
}

function spellings(secret: string | Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret as string)
  const texts = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex'), bytes.join(','), bytes.join(', ')]
  return typeof secret === 'string' ? [secret, encodeURIComponent(secret), JSON.stringify(secret), ...texts] : texts
}
