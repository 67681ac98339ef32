import type { Context, Middleware, Next } from 'koa'
import type { Proven } from '@everyhop/proof'
import { fieldsByName } from './fields-by-name.js'
import type { GuardOptions } from './guard-options.js'
import { openNodeGuard, type NodeUpkeep } from './open-node-guard.js'

declare module 'koa' {
  interface ExtendableContext {
    /** What the request has proven; absent only where a refusal was recorded and not made, on an observed route. */
    proof?: Proven
  }
}

/** The guard as Koa middleware. Use it before everything that reads or answers a request. */
export function guard(options: GuardOptions): Middleware & NodeUpkeep {
  const { admit, upkeep } = openNodeGuard(options)
  const middleware = async (context: Context, next: Next): Promise<void> => {
    const admission = await admit(context.req, context.res, { target: context.originalUrl })
    if (admission.verdict === 'allow') {
      if (admission.proven) context.proof = admission.proven
      for (const [name, value] of admission.fields) context.set(name, value)
      await next()
      return
    }
    const { status, fields, body } = admission.answer
    context.status = status
    for (const [name, values] of fieldsByName(fields)) context.set(name, values)
    context.body = body
  }
  return Object.assign(middleware, upkeep)
}
