import type { Refusal } from '@everyhop/proof'
import type { GuardOptions } from './guard-options.js'
import type { NodeRequest } from './hash-content.js'
import { openNodeGuard, type NodeResponse, type NodeUpkeep } from './open-node-guard.js'

export type NodeGuard = NodeUpkeep & {
  /** Resolves true where the request may go on; else it has been answered. Never rejects. */
  (request: NodeRequest, response: NodeResponse): Promise<boolean>
}

/** The guard for `node:http`, `node:https` and `node:http2`. Throws ConfigError where it could not protect what it is told to. */
export function guard(options: GuardOptions): NodeGuard {
  const { admit, upkeep } = openNodeGuard(options)
  const check = async (request: NodeRequest, response: NodeResponse): Promise<boolean> => {
    const admission = await admit(request, response)
    if (admission.verdict !== 'allow') {
      give(response, admission.answer)
      return false
    }
    if (admission.proven) request.proof = admission.proven
    if (!response.headersSent) for (const [name, value] of admission.fields) response.setHeader(name, value)
    return true
  }
  return Object.assign(check, upkeep)
}

function give(response: NodeResponse, { status, fields, body }: Refusal): void {
  // Somebody answered while the request was judged, a timeout perhaps.
  if (response.headersSent) return void response.end()
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}
