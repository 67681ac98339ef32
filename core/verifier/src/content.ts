import type { Code, Pending, Policy } from '@everyhop/proof'
import type { Seen } from './evidence-from.js'

/**
 * How the content of a request on a route that covers it is compared with `Content-Digest`:
 * read and hashed here, once all else holds; or `elsewhere`, by a hop that passes it on unread.
 * Without either no such request is let in.
 */
export type ContentHash = (() => Promise<HashedContent>) | 'elsewhere' | undefined

/** Base64 SHA-256 of all of the content, or why there is none. */
export type HashedContent = { readonly sha256: string } | Code

/** `Content-Digest: sha-256=:…:`. RFC 9530 §2. */
const DIGEST = /^sha-256=:([A-Za-z0-9+/]{43}=):$/

/** What the request says of its content, to be judged by as if it were so: nobody's garbage is worth reading a megabyte for. */
export function claimedContent({ hop: { contentDigest } }: Seen, content: ContentHash): { readonly contentSha256?: string } {
  const claimed = content === undefined ? undefined : DIGEST.exec(contentDigest[0] ?? '')?.[1]
  return claimed === undefined ? {} : { contentSha256: claimed }
}

/** Whether the content of this route has to be read. */
export const isCovered = ({ proven }: Pending, { routes }: Policy): boolean =>
  routes.some(({ pattern, body }) => body === 'covered' && pattern === proven.route)

/** Whether what was claimed of covered content is so. Reads it, so it comes after everything that refuses without. */
export async function contentDefect(seen: Seen, content: ContentHash): Promise<Code | undefined> {
  if (content === 'elsewhere') return undefined
  const hashed = await content?.()
  if (typeof hashed === 'string') return hashed
  return hashed !== undefined && hashed.sha256 === claimedContent(seen, content).contentSha256 ? undefined : 'request.content-digest'
}
