import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { evidenceFrom, type Seen } from '@everyhop/verifier'

/**
 * What Node saw of a request, with every duplicate and with the certificate of this very connection.
 * Frameworks cut `url` under a mount point; `originalUrl`, which Express and Connect set, is what the client sent.
 */
export function seenIn(request: IncomingMessage & { readonly originalUrl?: string }, target = request.url ?? ''): Seen {
  const certificate = (request.socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw
  const peer = request.socket.remoteAddress
  return evidenceFrom({
    method: request.method ?? '',
    target: request.originalUrl ?? target,
    rawHeaders: request.rawHeaders,
    ...(certificate === undefined ? {} : { certificate }),
    ...(peer === undefined ? {} : { peer }),
  })
}
