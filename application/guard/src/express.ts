import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { GuardOptions } from './guard-options.js'
import { guard as nodeGuard } from './node.js'
import type { NodeUpkeep } from './open-node-guard.js'

/** The guard as Express middleware (4 and 5). Mount it before everything that reads or answers a request. */
export function guard(options: GuardOptions): RequestHandler & NodeUpkeep {
  const check = nodeGuard(options)
  const handler = (request: Request, response: Response, next: NextFunction): void => {
    check(request, response).then((mayPass) => {
      if (mayPass) next()
    }, next)
  }
  return Object.assign(handler, { ready: check.ready, reload: check.reload, upgrade: check.upgrade })
}
