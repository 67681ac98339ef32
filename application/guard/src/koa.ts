import type { Context, Middleware, Next } from 'koa'
import type { Proven } from '@everyhop/proof'
import { fieldsByName } from './fields-by-name.js'
import { openGuard, type GuardOptions, type Upkeep } from './open-guard.js'

declare module 'koa' {
  interface ExtendableContext {
    /** What the request has proven; set by the guard on every request that it lets through. */
    proof?: Proven
  }
}

/** The guard as Koa middleware. Use it before everything that reads or answers a request. */
export function guard(options: GuardOptions): Middleware & Upkeep {
  const { admit, upkeep } = openGuard(options)
  const middleware = async (context: Context, next: Next): Promise<void> => {
    const admission = await admit(context.req, context.originalUrl)
    if (admission.verdict === 'allow') {
      context.proof = admission.proven
      for (const [name, value] of admission.fields) context.set(name, value)
      await next()
      return
    }
    const { status, fields, body } = admission.refusal
    context.status = status
    for (const [name, values] of fieldsByName(fields)) context.set(name, values)
    context.body = body
  }
  return Object.assign(middleware, upkeep)
}
