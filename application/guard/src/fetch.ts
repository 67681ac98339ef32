import type { Proven, Refusal } from '@everyhop/proof'
import type { GuardOptions } from './guard-options.js'
import { fetchContent } from './fetch-content.js'
import { openGuard, type Upkeep } from './open-guard.js'

/** What a Fetch `Request` does not tell of the connection that it came by. Never from a header field. */
export type Connection = {
  /** DER of the certificate at the other end of the TLS connection. */
  readonly certificate?: Uint8Array
  /** Address of the other end. */
  readonly peer?: string
}

export type Admitted = {
  /** What the request has proven; undefined only where a refusal was recorded and not made, on an observed route. */
  readonly proof: Proven | undefined
  /** To be set in the response. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** For a response that stays open: calls `close` once when what was proven is revoked. Call what it returns when the response has ended. */
  readonly watch?: (close: () => void) => () => void
}

/** Resolves with a `Response` where the request was refused. Never rejects. */
export type FetchGuard = Upkeep & ((request: Request, connection?: Connection) => Promise<Admitted | Response>)

/**
 * The guard for Fetch handlers. A `Request` joins fields of one name with commas, which no proof and no token has in it: repeated ones
 * are refused as malformed. It judges the URL as the handler sees it, dot segments resolved.
 */
export function guard(options: GuardOptions): FetchGuard {
  const { admit, upkeep } = openGuard(options)
  const check = async (request: Request, connection: Connection = {}): Promise<Admitted | Response> => {
    const content = fetchContent(request)
    const admission = await admit({
      ...connection,
      method: request.method,
      target: targetOf(request.url),
      rawHeaders: [...request.headers].flat(),
      hashContent: content.hash,
    })
    if (admission.verdict !== 'allow') {
      void content.drain()
      return responseOf(admission.answer)
    }
    const { proven, fields, watch } = admission
    return { proof: proven, fields, ...(watch && { watch }) }
  }
  return Object.assign(check, upkeep)
}

const targetOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? ''

const responseOf = ({ status, fields, body }: Refusal): Response => new Response(body, { status, headers: fields.map(([name, value]) => [name, value]) })
