import { pinOrigin, type Resolve } from './origin.js'
import { sendOnWire, type WireAnswer } from './wire.js'

const TIMEOUT_MS = 5_000
const MAX_CHARACTERS = 65_536
const MAX_REDIRECTS = 3

export type FetchOptions = { readonly ca?: string; readonly resolve?: Resolve }

/** Asks for a URL without any credential; a redirect is followed within its origin only. Rejects with TypeError for what is never asked: a link-local address, a plain connection to another machine. */
export async function fetchOnce(url: string, options: FetchOptions = {}): Promise<WireAnswer> {
  let next = new URL(url)
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(next, options)
    const location = 'failed' in answer || answer.status < 300 || answer.status >= 400 ? undefined : valueOf(answer, 'location')
    const to = location !== undefined && URL.canParse(location, next.href) ? new URL(location, next.href) : undefined
    if (to === undefined || to.origin !== next.origin || redirects === MAX_REDIRECTS) return answer
    next = to
  }
}

async function ask({ href, pathname, search }: URL, { ca, resolve }: FetchOptions): Promise<WireAnswer> {
  const { address, port, authority, servername, isTls, isLoopback } = await pinOrigin(href, resolve)
  if (!isTls && !isLoopback) throw new TypeError(`${href} is not https, and not on this machine`)
  const tls = isTls ? { tls: { ...(servername === undefined ? {} : { servername }), ...(ca === undefined ? {} : { ca }) } } : {}
  return sendOnWire({ address, port, authority, ...tls }, { method: 'GET', target: pathname + search, fields: [['Accept', 'application/json']] }, TIMEOUT_MS)
}

export type Json = Readonly<Record<string, unknown>>

/** The object that a document is; a sentence about what is there instead. */
export async function fetchJson(url: string, options: FetchOptions = {}): Promise<Json | string> {
  const answer = await fetchOnce(url, options)
  if ('failed' in answer) return `${url}: ${FAILED[answer.failed] ?? 'no answer'}`
  if (answer.status >= 300 && answer.status < 400) return `${url}: it leads elsewhere, and is not followed there`
  if (answer.status !== 200) return `${url}: ${answer.status}`
  if (answer.body.length > MAX_CHARACTERS) return `${url}: it is longer than ${MAX_CHARACTERS} characters`
  try {
    const value: unknown = JSON.parse(answer.body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : `${url}: it is no JSON object`
  } catch {
    return `${url}: it is no JSON`
  }
}

const FAILED: Readonly<Record<string, string>> = {
  unreachable: 'no connection, or a certificate that is not trusted',
  reset: 'the connection was closed without an answer',
  timeout: 'no answer in time',
}

export const valueOf = ({ fields }: Exclude<WireAnswer, { readonly failed: string }>, name: string): string | undefined =>
  fields.find(([field]) => field.toLowerCase() === name)?.[1]
