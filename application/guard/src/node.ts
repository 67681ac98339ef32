import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Proven, Refusal } from '@everyhop/proof'
import { openGuard, type GuardOptions, type Upkeep } from './open-guard.js'

declare module 'node:http' {
  interface IncomingMessage {
    /** What the request has proven; set by the guard on every request that it lets through. */
    proof?: Proven
  }
}

export type NodeGuard = Upkeep & {
  /** Resolves true where the request may go on; else it has been answered. Never rejects. */
  (request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** The guard for `node:http` and `node:https`. Throws ConfigError where it could not protect what the slice names. */
export function guard(options: GuardOptions): NodeGuard {
  const { admit, upkeep } = openGuard(options)
  const check = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const admission = await admit(request)
    if (admission.verdict === 'deny') {
      answer(response, admission.refusal)
      return false
    }
    request.proof = admission.proven
    for (const [name, value] of admission.fields) response.setHeader(name, value)
    return true
  }
  return Object.assign(check, upkeep)
}

function answer(response: ServerResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}
