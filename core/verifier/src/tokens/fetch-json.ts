import { isObject, readObject, type Json } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { NoAnswer } from './no-answer.js'

/** As much of `fetch` as is used here. A redirect must be an error: a secret or a question must not follow it elsewhere. */
export type Fetch = (
  url: string,
  init: {
    readonly signal: AbortSignal
    readonly redirect: 'error'
    readonly headers: Record<string, string>
    readonly method?: 'POST'
    readonly body?: string
  },
) => Promise<{
  readonly ok: boolean
  readonly status?: number
  readonly headers?: { readonly get: (name: string) => string | null }
  readonly body: AsyncIterable<Uint8Array> | null
}>

export type Question = {
  /** For the whole answer, in milliseconds. */
  readonly timeoutMs: number
  readonly maxBytes?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Makes it a POST of a form. */
  readonly form?: URLSearchParams
}

export type Answer = {
  readonly json: Json
  /** Seconds for which it may be kept, where it says so: 0 for `no-store` and `no-cache`. */
  readonly maxAge: number | undefined
}

const MAX_BYTES = 262_144
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

/** Whether the URL is https, or http to this machine: keys, revocations and secrets decide who gets in. */
export function isSafeUrl(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && LOOPBACK.test(parsed.hostname))
}

export function requireSafeUrl(url: string, what: string): void {
  if (!isSafeUrl(url)) throw new ConfigError('config.url', `${what} must be an https URL (http only on this machine)`)
}

/** Fetches a JSON object: no redirects, bounded in size and time. Rejects for anything else. */
export async function fetchJson(fetch: Fetch, url: string, timeoutMs: number, maxBytes = MAX_BYTES): Promise<Json> {
  return (await askFor(fetch, url, { timeoutMs, maxBytes })).json
}

/** The same with what the answer says of its age, and with a form where there is one to send. */
export async function askFor(fetch: Fetch, url: string, question: Question): Promise<Answer> {
  requireSafeUrl(url, 'what is fetched')
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new NoAnswer('no answer in time')), question.timeoutMs)
  try {
    // A fetch that does not listen to the signal is not waited for either.
    return await Promise.race([read(fetch, url, question, controller.signal), whenAborted(controller.signal)])
  } finally {
    clearTimeout(timer)
    // What is left unread of an answer is given up with its connection.
    controller.abort()
  }
}

async function read(fetch: Fetch, url: string, { maxBytes = MAX_BYTES, headers, form }: Question, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, {
    signal,
    redirect: 'error',
    headers: { accept: 'application/json', ...headers, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
    ...(form === undefined ? {} : { method: 'POST', body: form.toString() }),
  })
  if (!response.ok) throw new NoAnswer(`the answer has the status ${response.status ?? 'of a failure'}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new NoAnswer('the answer is too large')
    chunks.push(chunk)
  }
  const json = readObject(Buffer.concat(chunks).toString('utf8'))
  if (!isObject(json)) throw new NoAnswer('the answer is not a JSON object')
  return { json, maxAge: maxAgeOf(response.headers) }
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

/** RFC 9111 §5.2.2, as far as it says how long: less what the answer spent in caches on the way. */
function maxAgeOf(headers: { readonly get: (name: string) => string | null } | undefined): number | undefined {
  const control = headers?.get('cache-control')?.toLowerCase()
  if (control === undefined) return undefined
  if (/(?:^|,)\s*no-(?:store|cache)\b/.test(control)) return 0
  const [, seconds] = /(?:^|,)\s*max-age="?(\d{1,9})/.exec(control) ?? []
  if (seconds === undefined) return undefined
  const age = Number(headers?.get('age') ?? 0)
  return Math.max(0, Number(seconds) - (age > 0 ? age : 0))
}

/** What went wrong, in words that quote nothing: whoever made `fetch` may put anything into an error, a secret too. */
export function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer || error instanceof ConfigError) return error.message
  const cause = error instanceof Error && isObject(error.cause) ? error.cause : error
  const code = isObject(cause) ? cause['code'] : undefined
  return typeof code === 'string' && /^[A-Z][A-Z\d_]{1,40}$/.test(code) ? code : 'no answer, or a redirect'
}
