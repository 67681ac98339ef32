import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { GuardOptions } from './guard-options.js'
import { hashContent, type NodeRequest } from './hash-content.js'
import { openGuard, type Admission, type Arrival, type Upkeep } from './open-guard.js'

export type NodeResponse = ServerResponse | Http2ServerResponse

/** What a framework keeps elsewhere than in Node's request: the target that the client sent, the content. */
export type Kept = { readonly target?: string } & Partial<Pick<Arrival, 'hashContent'>>

/** Never rejects. */
export type AdmitNode = (request: NodeRequest, response: NodeResponse, kept?: Kept) => Promise<Admission>

/** Of an `upgrade` event: the connection itself is what stays open. Never rejects. */
export type AdmitUpgrade = (request: IncomingMessage, socket: Duplex) => Promise<Admission>

export type OpenNodeGuard = { readonly admit: AdmitNode; readonly admitUpgrade: AdmitUpgrade; readonly upkeep: Upkeep }

/** What the adapters of frameworks on Node's own servers share. */
export function openNodeGuard(options: GuardOptions): OpenNodeGuard {
  const { admit, upkeep } = openGuard(options)
  return {
    upkeep,
    async admitUpgrade(request, socket) {
      const admission = await admit(arrivalOf(request))
      if (admission.verdict === 'allow' && admission.watch && !socket.closed)
        socket.once(
          'close',
          admission.watch(() => void socket.destroy()),
        )
      return admission
    },
    async admit(request, response, kept) {
      const admission = await admit(arrivalOf(request, kept))
      // Content that was read in part would else hold up the next request of the connection.
      if (admission.verdict !== 'allow') request.resume()
      else if (admission.watch && !isClosed(response))
        response.once(
          'close',
          admission.watch(() => void response.destroy()),
        )
      return admission
    },
  }
}

/**
 * What Node saw of a request, with every duplicate and with the certificate of this very connection.
 * Frameworks cut `url` under a mount point; `originalUrl`, which Express and Connect set, is what the client sent.
 */
function arrivalOf(request: NodeRequest & { readonly originalUrl?: string }, { target, ...kept }: Kept = {}): Arrival {
  return {
    method: request.method ?? '',
    target: request.originalUrl ?? target ?? request.url ?? '',
    rawHeaders: request.rawHeaders,
    ...connectionOf(request),
    hashContent: (maxBytes) => hashContent(request, maxBytes),
    ...kept,
  }
}

/** Under HTTP/2 a connection that is gone throws for each question; nobody is there to be answered then. */
function connectionOf({ socket }: NodeRequest): Pick<Arrival, 'certificate' | 'peer'> {
  try {
    const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw
    const peer = socket.remoteAddress
    return { ...(certificate === undefined ? {} : { certificate }), ...(peer === undefined ? {} : { peer }) }
  } catch {
    return {}
  }
}

const isClosed = (response: NodeResponse): boolean => ('stream' in response ? response.stream.closed : response.closed)
