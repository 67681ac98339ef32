import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Proven } from '@everyhop/proof'
import { fieldsByName } from './fields-by-name.js'
import { openGuard, type GuardOptions, type Upkeep } from './open-guard.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request has proven; set by the guard on every request that it lets through. */
    proof?: Proven
  }
}

/** The guard as Fastify's `onRequest` hook. Add it before every other hook of the scope that it protects. */
export function guard(options: GuardOptions): onRequestAsyncHookHandler & Upkeep {
  const { admit, upkeep } = openGuard(options)
  const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const admission = await admit(request.raw)
    if (admission.verdict === 'allow') {
      request.proof = admission.proven
      for (const [name, value] of admission.fields) reply.header(name, value)
      return undefined
    }
    const { status, fields, body } = admission.refusal
    for (const [name, values] of fieldsByName(fields)) reply.header(name, values.length === 1 ? values[0] : values)
    // Bytes: to text Fastify would add a charset.
    return reply.code(status).send(Buffer.from(body))
  }
  return Object.assign(hook, upkeep)
}
