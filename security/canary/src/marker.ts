import { createHmac } from 'node:crypto'

/** What the canary saw. `who` is the caller as the application believes it. */
export type Sighted = { readonly challenge: string; readonly method: string; readonly path: string; readonly who: string }

/** Shows that the application itself answered this challenge, for this caller: only it and the prober hold the key. */
export const markerOf = (key: Uint8Array, { challenge, method, path, who }: Sighted): string => mac(key, ['everyhop-canary', challenge, method, path, who])

/** HMAC-SHA256 over a list of texts, each behind its length, so that no two lists have the same bytes. base64url. */
export function mac(key: Uint8Array, parts: readonly string[]): string {
  const hmac = createHmac('sha256', key)
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hmac.update(length).update(bytes)
  }
  return hmac.digest('base64url')
}

/** At least 128 bits; throws for less, since a short key proves nothing. */
export function requireKey(key: Uint8Array, name: string): void {
  if (!(key.length >= 16)) throw new TypeError(`${name} must have at least 16 bytes`)
}
