import type { Request, RequestHandler } from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { start, type Mount } from '../applications.js'
import type { Stand } from '../stand.js'

/** An application with the middleware of another project, as its documentation says: DPoP required, behind a gateway that ends TLS. */
export async function startWithPeer(stand: Stand, mount: Mount): Promise<void> {
  const { issuer, hops, routes } = stand.chain
  const [base = ''] = [...hops.values()].flatMap((hop) => hop.bases)
  const check = auth({
    issuer: issuer.url,
    jwksUri: `${issuer.url}/jwks`,
    audience: [...new Set(routes.flatMap((route) => route.audience))],
    tokenSigningAlg: 'ES256',
    dpop: { enabled: true, required: true },
  })
  const handler: RequestHandler = (request, response, next) => {
    // What "trust proxy" would take from a field of the gateway.
    Object.defineProperty(request, 'protocol', { value: new URL(base).protocol.slice(0, -1) })
    void check(request, response, (error: unknown) => {
      if (error === undefined) return next()
      const { status = 500, headers = {} } = error as { readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
      response.set(headers).sendStatus(status)
    })
  }
  await start(stand, mount, handler, clientOf)
}

function clientOf(request: Request): string {
  const client = request.auth?.payload['client_id']
  return typeof client === 'string' ? client : ''
}
