import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import type { Proven, Refusal } from '@everyhop/proof'
import { namesSecurityField, type HashedContent } from '@everyhop/verifier'
import { fetchContent } from './fetch-content.js'
import type { GuardOptions } from './guard-options.js'
import { openNodeGuard, type NodeUpkeep } from './open-node-guard.js'

/** What `@hono/node-server` binds, and what the guard adds: `context.get('proof')`. */
export type GuardEnv = {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse }
  Variables: {
    /** What the request has proven; absent only where a refusal was recorded and not made, on an observed route. */
    proof: Proven | undefined
  }
}

/** The guard as Hono middleware on `@hono/node-server`: nowhere else are the fields to be had as they came. */
export function guard(options: GuardOptions): MiddlewareHandler<GuardEnv> & NodeUpkeep {
  const { admit, upkeep } = openNodeGuard(options)
  const middleware: MiddlewareHandler<GuardEnv> = async (context, next) => {
    const { incoming, outgoing } = context.env
    // Hono reads the content through a Request of its own, which may hold it already.
    const content = fetchContent(context.req.raw)
    const hashContent = async (maxBytes: number): Promise<HashedContent> => {
      const hashed = await content.hash(maxBytes)
      return namesSecurityField(incoming.rawTrailers) ? 'request.trailer' : hashed
    }
    const admission = await admit(incoming, outgoing, { hashContent })
    if (admission.verdict !== 'allow') {
      void content.drain()
      return give(context, admission.answer)
    }
    context.set('proof', admission.proven)
    await next()
    for (const [name, value] of admission.fields) context.header(name, value)
    return undefined
  }
  return Object.assign(middleware, upkeep)
}

/** A Response joins fields of one name; challenges go to Node's response, where several stay several. */
function give(context: Context<GuardEnv>, { status, fields, body }: Refusal): Response {
  const headers = new Headers()
  for (const [name, value] of fields) {
    if (name === 'WWW-Authenticate') context.env.outgoing.appendHeader(name, value)
    else headers.append(name, value)
  }
  return new Response(body, { status, headers })
}
