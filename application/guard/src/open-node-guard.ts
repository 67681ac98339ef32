import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Proven } from '@everyhop/proof'
import type { GuardOptions } from './guard-options.js'
import { hashContent, type NodeRequest } from './hash-content.js'
import { openGuard, type Admission, type Arrival, type Upkeep } from './open-guard.js'
import { refuseUpgrade } from './refuse-upgrade.js'

declare module 'node:http' {
  interface IncomingMessage {
    /** What the request has proven; absent only where a refusal was recorded and not made, on an observed route. */
    proof?: Proven
  }
}

declare module 'node:http2' {
  interface Http2ServerRequest {
    /** What the request has proven; absent only where a refusal was recorded and not made, on an observed route. */
    proof?: Proven
  }
}

export type NodeResponse = ServerResponse | Http2ServerResponse

/** What a framework keeps elsewhere than in Node's request: the target that the client sent, the content. */
export type Kept = { readonly target?: string } & Partial<Pick<Arrival, 'hashContent'>>

/** Never rejects. */
export type AdmitNode = (request: NodeRequest, response: NodeResponse, kept?: Kept) => Promise<Admission>

export type NodeUpkeep = Upkeep & {
  /** For a server's `upgrade` event (WebSockets): resolves true where the connection may go on; else it has been answered, or is gone. Never rejects. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex) => Promise<boolean>
}

/** What the adapters of frameworks on Node's own servers share. */
export function openNodeGuard(options: GuardOptions): { readonly admit: AdmitNode; readonly upkeep: NodeUpkeep } {
  const { admit, upkeep } = openGuard(options)

  const upgrade: NodeUpkeep['upgrade'] = async (request, socket) => {
    // Node took its own listener off: a client that goes away meanwhile would end the process.
    socket.on('error', ignored)
    const admission = await admit(arrivalOf(request))
    if (admission.verdict !== 'allow') {
      refuseUpgrade(socket, admission.answer)
      return false
    }
    if (socket.destroyed) return false
    socket.off('error', ignored)
    if (admission.proven) request.proof = admission.proven
    if (admission.watch && !socket.closed) endWith(socket, admission.watch)
    return true
  }

  return {
    upkeep: { ...upkeep, upgrade },
    async admit(request, response, kept) {
      const admission = await admit(arrivalOf(request, kept))
      // Content that was read in part would else hold up the next request of the connection.
      if (admission.verdict !== 'allow') request.resume()
      else if (admission.watch && !isClosed(response)) endWith(response, admission.watch)
      return admission
    },
  }
}

const ignored = (): void => undefined

type Ending = { readonly destroy: () => unknown; readonly once: (event: 'close', listener: () => void) => unknown }

/** What is still open when that is revoked for which it was let in, is cut off. */
function endWith(open: Ending, watch: NonNullable<Allowed['watch']>): void {
  open.once(
    'close',
    watch(() => void open.destroy()),
  )
}

type Allowed = Extract<Admission, { readonly verdict: 'allow' }>

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
