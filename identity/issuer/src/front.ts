import { issuerRefusalOf, refuse, type Code } from '@everyhop/proof'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { issuerPath, PATHS } from './metadata.js'

/** Bytes of a request's body, at most: an assertion and a token fit many times. */
const MAX_BODY = 56 * 1024

export type Answer = { readonly status: number; readonly body: object; readonly cache?: string; readonly type?: string }

export type Front = {
  readonly issuer: string
  readonly isTls: boolean
  /** What is wrong with the request's proof before anything else is looked at. */
  readonly proofDefect: (values: readonly string[]) => Code | undefined
  readonly metadata: object
  readonly jwks: object
  /** Rejects where that cannot be told. `after` is the cursor of an earlier answer. */
  readonly feed: (after?: string) => Promise<object>
  /** The token and revocation endpoints. */
  readonly provider: RequestListener
}

const told = (body: object): Answer => ({ status: 200, body })
const NOT_KNOWN: Answer = { status: 503, body: { error: 'temporarily_unavailable' } }
const BRIEFLY = 'public, max-age=60'

/** Lets through what this server is for, answers what needs no client, and 404 for the rest. */
export function createFront({ issuer, isTls, proofDefect, metadata, jwks, feed, provider }: Front): RequestListener {
  const base = issuerPath(issuer)
  const documents: Readonly<Record<string, (query: string) => Answer | Promise<Answer>>> = {
    // RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect Discovery after it.
    [`/.well-known/oauth-authorization-server${base}`]: () => ({ status: 200, body: metadata, cache: BRIEFLY }),
    [`${base}/.well-known/openid-configuration`]: () => ({ status: 200, body: metadata, cache: BRIEFLY }),
    [base + PATHS.jwks]: () => ({ status: 200, body: jwks, cache: BRIEFLY, type: 'application/jwk-set+json' }),
    [base + PATHS.revocations]: (query) => feed(new URLSearchParams(query).get('after') ?? undefined).then(told, () => NOT_KNOWN),
  }
  const forms: readonly string[] = [base + PATHS.token, base + PATHS.revocation]

  return (request, response) => {
    secure(response, isTls)
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined
    if (document !== undefined) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return send(request, response, notAllowed(response, 'GET, HEAD'))
      return void Promise.resolve(document(query)).then((answer) => send(request, response, answer))
    }
    if (!forms.includes(path)) return send(request, response, { status: 404, body: { error: 'not_found' } })
    if (request.method !== 'POST') return send(request, response, notAllowed(response, 'POST'))
    const isTooLarge = Number(request.headers['content-length'] ?? 0) > MAX_BODY
    const defect = isTooLarge ? 'request.content-too-large' : proofDefect(request.headersDistinct['dpop'] ?? [])
    if (defect !== undefined) return sendRefusal(request, response, defect)
    request.url = path.slice(base.length)
    closeWhenUnread(request, response)
    return provider(request, response)
  }
}

function secure(response: ServerResponse, isTls: boolean) {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  if (isTls) response.setHeader('Strict-Transport-Security', 'max-age=31536000')
}

function notAllowed(response: ServerResponse, allow: string): Answer {
  response.setHeader('Allow', allow)
  return { status: 405, body: { error: 'invalid_request', error_description: 'method not allowed' } }
}

/** In the words of every other hop. */
function sendRefusal(request: IncomingMessage, response: ServerResponse, code: Code) {
  const { status, fields, body } = issuerRefusalOf(refuse(code))
  closeWhenUnread(request, response)
  for (const [name, value] of fields) response.setHeader(name, value)
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, cache, type = 'application/json' }: Answer) {
  closeWhenUnread(request, response)
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), ...(cache === undefined ? {} : { 'Cache-Control': cache }) })
  response.end(request.method === 'HEAD' ? undefined : text)
}

/** A body that was refused is not read to its end just to keep the connection. */
function closeWhenUnread(request: IncomingMessage, response: ServerResponse) {
  response.once('finish', () => {
    if (!request.complete) request.socket.destroySoon()
  })
}
