import { createHash } from 'node:crypto'
import type { HashedContent } from '@everyhop/verifier'

export type FetchContent = {
  /** Reads a copy: the request goes on with its content unread. */
  readonly hash: (maxBytes: number) => Promise<HashedContent>
  /** After a refusal: takes what is left where some was read, else it would hold up the next request of the connection. Never rejects. */
  readonly drain: () => Promise<void>
}

/** The content of a Fetch `Request`. */
export function fetchContent(request: Request): FetchContent {
  let wasRead = false
  return {
    async hash(maxBytes) {
      if (!(Number(request.headers.get('content-length') ?? 0) <= maxBytes)) return 'request.content-too-large'
      wasRead = true
      const hash = createHash('sha256')
      let size = 0
      const end = await readAll(request.clone(), (chunk) => {
        size += chunk.length
        hash.update(chunk)
        return size <= maxBytes
      }).catch(() => 'gone' as const)
      if (end === 'gone') return 'request.content-digest'
      return end === 'stopped' ? 'request.content-too-large' : { sha256: hash.digest('base64') }
    },
    async drain() {
      if (wasRead) await readAll(request, () => true).catch(() => undefined)
    },
  }
}

/** Rejects where the content breaks off or was read before. */
async function readAll({ body }: Request, goesOn: (chunk: Uint8Array) => boolean): Promise<'complete' | 'stopped'> {
  const reader = body?.getReader()
  if (!reader) return 'complete'
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return 'complete'
    if (!goesOn(value)) {
      // Not awaited: a copy is given up only together with what it was made of.
      void reader.cancel().catch(() => undefined)
      return 'stopped'
    }
  }
}
