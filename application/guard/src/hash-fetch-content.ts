import { createHash } from 'node:crypto'
import type { HashedContent } from '@everyhop/verifier'

/** Reads a copy: the request goes on with its content unread. */
export async function hashFetchContent(request: Request, maxBytes: number): Promise<HashedContent> {
  if (!(Number(request.headers.get('content-length') ?? 0) <= maxBytes)) return 'request.content-too-large'
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of request.clone().body ?? []) {
      size += chunk.length
      if (size > maxBytes) return 'request.content-too-large'
      hash.update(chunk)
    }
  } catch {
    return 'request.content-digest'
  }
  return { sha256: hash.digest('base64') }
}
