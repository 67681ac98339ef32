import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Proven, Refusal } from '@everyhop/proof'
import { evidenceFrom, type Seen } from '@everyhop/verifier'
import { openGuard, type GuardOptions } from './open-guard.js'

declare module 'node:http' {
  interface IncomingMessage {
    /** What the request has proven; set by the guard on every request that it lets through. */
    proof?: Proven
  }
}

export type NodeGuard = {
  /** Resolves true where the request may go on; else it has been answered. Never rejects. */
  (request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another signed slice in force; throws, and keeps the old one, where it is no good. */
  readonly reload: (slice: string) => void
}

/** The guard for `node:http` and `node:https`. Throws ConfigError where it could not protect what the slice names. */
export function guard(options: GuardOptions): NodeGuard {
  const { verifier, reload } = openGuard(options)
  const check = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const decision = await verifier.verify(seenIn(request))
    if (decision.verdict === 'deny') {
      answer(response, verifier.refusal(decision))
      return false
    }
    request.proof = decision.proven
    const nonce = verifier.nonce()
    // A response with a nonce must not be kept by caches (RFC 9449 §8.2).
    if (nonce !== undefined) response.setHeader('DPoP-Nonce', nonce).setHeader('Cache-Control', 'no-store')
    return true
  }
  return Object.assign(check, { ready: verifier.ready, reload })
}

/** Frameworks cut `url` under a mount point; `originalUrl` is what the client sent. */
function seenIn(request: IncomingMessage & { readonly originalUrl?: string }): Seen {
  const certificate = (request.socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw
  const peer = request.socket.remoteAddress
  return evidenceFrom({
    method: request.method ?? '',
    target: request.originalUrl ?? request.url ?? '',
    rawHeaders: request.rawHeaders,
    ...(certificate === undefined ? {} : { certificate }),
    ...(peer === undefined ? {} : { peer }),
  })
}

function answer(response: ServerResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}
