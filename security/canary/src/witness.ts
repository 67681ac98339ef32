import type { IncomingMessage } from 'node:http'
import { requireKey } from './marker.js'
import { readRunTag, RUN_FIELD, valueMac } from './run-tag.js'
import { serveReports, type Listener, type ListenOptions } from './listener.js'

export type WitnessOptions = {
  /** Signs run tags: at least 16 bytes, shared with the prober. */
  readonly tagKey: Uint8Array
  /** Opens the reports: at least 16 characters, known to the prober alone. */
  readonly secret: string
  /** Requests remembered at once; the oldest goes first. Default 1,000. */
  readonly capacity?: number
}

export type ValueSeen = { readonly length: number; readonly mac: string }

/** What arrived of one tagged request. Names and digests, never values. */
export type WitnessReport = {
  readonly schema: 'everyhop.witness/1'
  /** How often a request with this tag arrived. The rest describes the last. */
  readonly arrivals: number
  readonly method?: string
  /** Without the query. */
  readonly path?: string
  readonly fields: Readonly<Record<string, readonly ValueSeen[]>>
  readonly trailers: Readonly<Record<string, readonly ValueSeen[]>>
}

export type Witness = {
  /** Middleware for `node:http` and Express: mount it before everything else. It changes nothing. */
  readonly record: (request: IncomingMessage, response: unknown, next?: () => void) => void
  readonly report: (run: string, n: number) => WitnessReport
  /** Opens the listener for reports; on 127.0.0.1 and a free port by default. */
  readonly listen: (options?: ListenOptions) => Promise<Listener>
}

type Entry = { arrivals: number; method: string; path: string; fields: Seen; trailers: Seen }
type Seen = Record<string, ValueSeen[]>

/** Remembers what arrived of requests that a prober marked, and tells it to the prober. */
export function witness({ tagKey, secret, capacity = 1_000 }: WitnessOptions): Witness {
  requireKey(tagKey, 'tagKey')
  requireKey(Buffer.from(secret), 'secret')
  const entries = new Map<string, Entry>()

  function record(request: IncomingMessage, _response: unknown, next?: () => void): void {
    const tag = tagOf(request.rawHeaders, tagKey)
    if (tag !== undefined) {
      const id = `${tag.run}.${tag.n}`
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      const see = (raw: readonly string[]) => seen(raw, tagKey, tag.run)
      const entry = {
        arrivals: (entries.get(id)?.arrivals ?? 0) + 1,
        method: request.method ?? '',
        path,
        fields: see(request.rawHeaders),
        trailers: {} as Seen,
      }
      entries.delete(id)
      entries.set(id, entry)
      if (entries.size > capacity) entries.delete(entries.keys().next().value!)
      request.once('end', () => {
        entry.trailers = see(request.rawTrailers)
      })
    }
    next?.()
  }

  function report(run: string, n: number): WitnessReport {
    const entry = entries.get(`${run}.${n}`)
    const schema = 'everyhop.witness/1'
    return entry === undefined ? { schema, arrivals: 0, fields: {}, trailers: {} } : { schema, ...entry }
  }

  return { record, report, listen: (options) => serveReports(report, secret, options) }
}

function tagOf(raw: readonly string[], key: Uint8Array) {
  const values = raw.filter((_, index) => index % 2 === 1 && raw[index - 1]!.toLowerCase() === RUN_FIELD.toLowerCase())
  return values.length === 1 ? readRunTag(key, values[0]!) : undefined
}

function seen(raw: readonly string[], key: Uint8Array, run: string): Seen {
  const fields = Object.create(null) as Seen
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const value = raw[index + 1]!
    const list = (fields[raw[index]!.toLowerCase()] ??= [])
    list.push({ length: value.length, mac: valueMac(key, run, value) })
  }
  return fields
}
