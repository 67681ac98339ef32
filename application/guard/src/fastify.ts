import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Proven } from '@everyhop/proof'
import { fieldsByName } from './fields-by-name.js'
import type { GuardOptions } from './guard-options.js'
import { openNodeGuard, type NodeUpkeep } from './open-node-guard.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request has proven; absent only where a refusal was recorded and not made, on an observed route. */
    proof?: Proven
  }
}

/** The guard as Fastify's `onRequest` hook. Add it before every other hook of the scope that it protects. */
export function guard(options: GuardOptions): onRequestAsyncHookHandler & NodeUpkeep {
  const { admit, upkeep } = openNodeGuard(options)
  const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const admission = await admit(request.raw, reply.raw)
    if (admission.verdict === 'allow') {
      if (admission.proven) request.proof = admission.proven
      for (const [name, value] of admission.fields) reply.header(name, value)
      return undefined
    }
    const { status, fields, body } = admission.answer
    for (const [name, values] of fieldsByName(fields)) reply.header(name, values.length === 1 ? values[0] : values)
    // Bytes: to text Fastify would add a charset.
    return reply.code(status).send(Buffer.from(body))
  }
  return Object.assign(hook, upkeep)
}
