import { readAuthority } from '@everyhop/proof'
import type { Limits } from '../limits.js'
import { METHODS, type Malformed } from './read-head.js'

/** The head of an HTTP/2 request, as it could stand in HTTP/1.1 and mean the same. RFC 9113 §8.2 and §8.3. */
export type StreamHead = {
  readonly method: string
  readonly target: string
  readonly authority: string
  readonly rawHeaders: readonly string[]
  readonly length: number | undefined
  readonly expectsContinue: boolean
}

const NAME = /^[!#$%&'*+.^_`|~\da-z-]+$/
/** What would end a line of HTTP/1.1 is in none of its values, nor whitespace that one parser would trim and another not. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
const TARGET = /^\/[\x21\x22\x24-\x7e]*$/
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'])
const PSEUDO = [':method', ':scheme', ':path', ':authority']

const malformed = (defect: Malformed['defect'], status: Malformed['status'] = 400): Malformed => ({ status, defect })

/** Reads what an HTTP/2 stack hands over, pseudo-fields included: raw names and values in turn. */
export function readStreamHead(raw: readonly string[], limits: Pick<Limits, 'maxFields'>): StreamHead | Malformed {
  const pseudo = new Map<string, string>()
  const rawHeaders: string[] = []
  const cookies: string[] = []
  const single = new Map<string, string>()
  if (raw.length > 2 * (limits.maxFields + PSEUDO.length)) return malformed('fields', 431)
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!
    const value = raw[index + 1]!
    if (!VALUE.test(value)) return malformed('field')
    if (name.startsWith(':')) {
      // Pseudo-fields come first and once, and no others than these.
      if (rawHeaders.length > 0 || cookies.length > 0 || pseudo.has(name) || !PSEUDO.includes(name)) return malformed('request-line')
      pseudo.set(name, value)
      continue
    }
    if (!NAME.test(name) || OF_CONNECTION.has(name) || (name === 'te' && value.toLowerCase() !== 'trailers')) return malformed('field')
    if (SINGLE.has(name)) {
      if (single.has(name)) return malformed(name === 'host' ? 'host' : 'length')
      single.set(name, value)
    }
    if (name === 'cookie') cookies.push(value)
    else rawHeaders.push(name, value)
  }
  // RFC 9113 §8.2.3: crumbs are joined again where HTTP/1.1 follows.
  if (cookies.length > 0) rawHeaders.push('cookie', cookies.join('; '))
  return judged(pseudo, single, rawHeaders)
}

const SINGLE = new Set(['host', 'content-length', 'expect'])

function judged(pseudo: ReadonlyMap<string, string>, single: ReadonlyMap<string, string>, rawHeaders: readonly string[]): StreamHead | Malformed {
  const method = pseudo.get(':method') ?? ''
  const target = pseudo.get(':path') ?? ''
  const host = single.get('host')
  const authority = pseudo.get(':authority') ?? host ?? ''
  if (!METHODS.has(method)) return malformed('method')
  if (pseudo.get(':scheme') !== 'https') return malformed('request-line')
  if (!TARGET.test(target)) return malformed('target')
  if (readAuthority('https', authority) === undefined || (host !== undefined && host !== authority)) return malformed('host')
  const length = single.get('content-length')
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return malformed('length')
  const expectation = single.get('expect')
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') return malformed('expectation', 417)
  return { method, target, authority, rawHeaders, length: length === undefined ? undefined : Number(length), expectsContinue: expectation !== undefined }
}
