import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Proven, Refusal } from '@everyhop/proof'
import type { GuardOptions } from './guard-options.js'
import type { NodeRequest } from './hash-content.js'
import type { Upkeep } from './open-guard.js'
import { openNodeGuard, type NodeResponse } from './open-node-guard.js'
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

export type NodeGuard = Upkeep & {
  /** Resolves true where the request may go on; else it has been answered. Never rejects. */
  (request: NodeRequest, response: NodeResponse): Promise<boolean>
  /** The same for a server's `upgrade` event: WebSockets. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex) => Promise<boolean>
}

/** The guard for `node:http`, `node:https` and `node:http2`. Throws ConfigError where it could not protect what it is told to. */
export function guard(options: GuardOptions): NodeGuard {
  const { admit, admitUpgrade, upkeep } = openNodeGuard(options)
  const check = async (request: NodeRequest, response: NodeResponse): Promise<boolean> => {
    const admission = await admit(request, response)
    if (admission.verdict !== 'allow') {
      give(response, admission.answer)
      return false
    }
    if (admission.proven) request.proof = admission.proven
    for (const [name, value] of admission.fields) response.setHeader(name, value)
    return true
  }
  const upgrade = async (request: IncomingMessage, socket: Duplex): Promise<boolean> => {
    const admission = await admitUpgrade(request, socket)
    if (admission.verdict !== 'allow') {
      refuseUpgrade(socket, admission.answer)
      return false
    }
    if (admission.proven) request.proof = admission.proven
    return true
  }
  return Object.assign(check, upkeep, { upgrade })
}

function give(response: NodeResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}
