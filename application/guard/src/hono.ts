import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import type { Proven, Refusal } from '@everyhop/proof'
import { openGuard, type GuardOptions, type Upkeep } from './open-guard.js'

/** What `@hono/node-server` binds, and what the guard adds: `context.get('proof')`. */
export type GuardEnv = {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse }
  Variables: {
    /** What the request has proven; set by the guard on every request that it lets through. */
    proof: Proven
  }
}

/** The guard as Hono middleware on `@hono/node-server`: nowhere else are the fields to be had as they came. */
export function guard(options: GuardOptions): MiddlewareHandler<GuardEnv> & Upkeep {
  const { admit, upkeep } = openGuard(options)
  const middleware: MiddlewareHandler<GuardEnv> = async (context, next) => {
    const admission = await admit(context.env.incoming)
    if (admission.verdict === 'deny') return answer(context, admission.refusal)
    context.set('proof', admission.proven)
    await next()
    for (const [name, value] of admission.fields) context.header(name, value)
    return undefined
  }
  return Object.assign(middleware, upkeep)
}

/** A Response joins fields of one name; challenges go to Node's response, where several stay several. */
function answer(context: Context<GuardEnv>, { status, fields, body }: Refusal): Response {
  const headers = new Headers()
  for (const [name, value] of fields) {
    if (name === 'WWW-Authenticate') context.env.outgoing.appendHeader(name, value)
    else headers.append(name, value)
  }
  return new Response(body, { status, headers })
}
