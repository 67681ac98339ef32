import type { IncomingMessage, ServerResponse } from 'node:http'
import { markerOf, requireKey } from './marker.js'

/** A request as `node:http` and Express hand it on; a guard that verified it leaves `proof`. */
export type CanaryRequest = IncomingMessage & {
  readonly originalUrl?: string
  readonly proof?: { readonly client?: unknown; readonly jkt?: unknown; readonly x5t?: unknown }
}

export type CanaryOptions = {
  /** At least 16 bytes, shared with the prober alone. */
  readonly key: Uint8Array
  /**
   * Who the application believes is calling. By default what the guard proved, `client:thumbprint`;
   * an application with its own idea of an identity gives that instead. Undefined means nobody.
   */
  readonly who?: (request: CanaryRequest) => string | undefined
}

export type Canary = {
  (request: CanaryRequest, response: ServerResponse): void
  /** How many requests it has answered. */
  readonly answered: () => number
}

/** What the canary says, as a field: an answer to HEAD has no content. Base64url of the JSON. */
export const CANARY_FIELD = 'Everyhop-Canary'

const CHALLENGE = 'everyhop-challenge'
const MAX_CHALLENGE = 128

/** The canary resource: it answers a challenge with a marker that only the application can make. Put it behind all that protects the application. */
export function canary({ key, who = provenCaller }: CanaryOptions): Canary {
  requireKey(key, 'key')
  let answered = 0
  const handler = (request: CanaryRequest, response: ServerResponse): void => {
    answered += 1
    const [path, query] = splitTarget(request.originalUrl ?? request.url ?? '/')
    const challenge = (new URLSearchParams(query).get(CHALLENGE) ?? '').slice(0, MAX_CHALLENGE)
    const seen = { challenge, method: request.method ?? '', path, who: who(request) ?? '' }
    response.statusCode = 200
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    const said = JSON.stringify({ canary: markerOf(key, seen), who: seen.who, method: seen.method, path })
    response.setHeader(CANARY_FIELD, Buffer.from(said).toString('base64url'))
    response.end(said)
  }
  return Object.assign(handler, { answered: () => answered })
}

function provenCaller({ proof }: CanaryRequest): string | undefined {
  return proof === undefined ? undefined : `${textOf(proof.client)}:${textOf(proof.jkt ?? proof.x5t)}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function splitTarget(target: string): readonly [string, string] {
  const mark = target.indexOf('?')
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}
