import { readAuthority } from '@everyhop/proof'

/**
 * One way to write a request, and no other: whatever two parsers could read differently is refused before any of them sees it.
 * RFC 9112 §2 to §6, without what it lets a server tolerate.
 */
export type Head = {
  readonly method: string
  /** Origin form, as received; an absolute form of this same authority has become one. */
  readonly target: string
  /** As `Host` says. */
  readonly authority: string
  readonly content: Framing
  readonly expectsContinue: boolean
  /** The one protocol that a connection may change to. RFC 6455. */
  readonly asksForWebSocket: boolean
}

/** How long the content is: RFC 9112 §6.3 with its ambiguous cases refused. */
export type Framing = { readonly kind: 'none' } | { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' }

/** Why a message is no HTTP that is taken here: the status of the answer, and a word for the metrics. */
export type Malformed = { readonly status: 400 | 413 | 414 | 417 | 431 | 501 | 505; readonly defect: Defect }

export type Defect =
  | 'request-line'
  | 'method'
  | 'target'
  | 'version'
  | 'field'
  | 'fields'
  | 'host'
  | 'length'
  | 'coding'
  | 'expectation'
  | 'upgrade'
  | 'chunk'
  | 'trailer'
  | 'size'
  | 'line-end'

/** TRACE would send credentials back, CONNECT would not be a request for a path. */
export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const REQUEST_LINE = /^([^ ]+) ([\x21-\x7e]+) (HTTP\/\d\.\d)$/
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/
/** No whitespace before the colon, no line that continues another, no control character. */
const FIELD = /^([!#$%&'*+.^_`|~\dA-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/
const LENGTH = /^\d{1,15}$/

const malformed = (status: Malformed['status'], defect: Defect): Malformed => ({ status, defect })

/** Reads the head of a request, without the empty line at its end, from its bytes as latin1. */
export function readHead(text: string, maxFields: number): Head | Malformed {
  const [requestLine = '', ...lines] = text.split('\r\n')
  const [, method = '', written = '', version = ''] = REQUEST_LINE.exec(requestLine) ?? []
  if (method === '') return malformed(400, 'request-line')
  if (version !== 'HTTP/1.1') return malformed(505, 'version')
  if (!METHODS.has(method)) return TOKEN.test(method) ? malformed(501, 'method') : malformed(400, 'method')
  if (lines.length > maxFields) return malformed(431, 'fields')

  const fields = readFields(lines)
  if (!fields) return malformed(400, 'field')
  const [host, ...moreHosts] = fields.of('host')
  if (host === undefined || moreHosts.length > 0 || readAuthority('https', host) === undefined) return malformed(400, 'host')
  const target = originForm(written, host)
  if (target === undefined) return malformed(400, 'target')

  const content = framingOf(fields)
  if ('defect' in content) return content
  const expectations = fields.of('expect')
  if (expectations.length > 1 || (expectations[0] ?? '100-continue').toLowerCase() !== '100-continue') return malformed(417, 'expectation')
  const upgrade = upgradeOf(fields, method, content)
  if (upgrade === undefined) return malformed(400, 'upgrade')
  return { method, target, authority: host, content, expectsContinue: expectations.length === 1, asksForWebSocket: upgrade }
}

type Fields = { readonly of: (name: string) => readonly string[] }

function readFields(lines: readonly string[]): Fields | undefined {
  const found = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value = ''] = FIELD.exec(line) ?? []
    if (name === undefined) return undefined
    const known = name.toLowerCase()
    if (!DECIDING.has(known)) continue
    const list = found.get(known)
    if (list) list.push(value.replace(/[\t ]+$/, ''))
    else found.set(known, [value.replace(/[\t ]+$/, '')])
  }
  return { of: (name) => found.get(name) ?? [] }
}

/** What decides where a message ends and whom it is for. */
const DECIDING = new Set(['host', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'connection'])

/** RFC 9112 §3.2.2: a server takes the absolute form; one of another authority is for somebody else. */
function originForm(target: string, host: string): string | undefined {
  if (target.startsWith('/')) return target.includes('#') ? undefined : target
  const [, authority, path = ''] = /^https:\/\/([^/?#]+)(\/[^#]*)$/i.exec(target) ?? []
  return authority !== undefined && readAuthority('https', authority) === readAuthority('https', host) ? path : undefined
}

function framingOf(fields: Fields): Framing | Malformed {
  const lengths = fields.of('content-length')
  const codings = fields.of('transfer-encoding')
  if (lengths.length > 0 && codings.length > 0) return malformed(400, 'length')
  const [length, ...moreLengths] = lengths
  if (length !== undefined) {
    return moreLengths.length === 0 && LENGTH.test(length) ? { kind: 'length', length: Number(length) } : malformed(400, 'length')
  }
  const [coding, ...moreCodings] = codings
  if (coding === undefined) return { kind: 'none' }
  // Another coding, or chunked twice, is read by some as no coding at all.
  return moreCodings.length === 0 && coding.toLowerCase() === 'chunked' ? { kind: 'chunked' } : malformed(400, 'coding')
}

/** Whether a WebSocket is asked for; undefined for what else an upgrade could be. `h2c` behind TLS is a way around every hop in between. */
function upgradeOf(fields: Fields, method: string, content: Framing): boolean | undefined {
  const upgrades = fields.of('upgrade')
  const isListed = fields.of('connection').some((names) => names.split(',').some((name) => name.trim().toLowerCase() === 'upgrade'))
  if (upgrades.length === 0) return isListed ? undefined : false
  const isWebSocket = upgrades.length === 1 && upgrades[0]?.toLowerCase() === 'websocket'
  return isWebSocket && isListed && method === 'GET' && content.kind === 'none' ? true : undefined
}

/** Framing and credentials in a trailer come after they were decided. */
export function readTrailer(line: string, isForbidden: (name: string) => boolean): boolean {
  const [, name] = FIELD.exec(line) ?? []
  return name !== undefined && !isForbidden(name.toLowerCase())
}
