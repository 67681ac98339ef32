import type { SliceTerminator } from '@everyhop/chain'
import { Bounded, type Evidence } from '@everyhop/proof'
import { readConveyed } from './conveyed-certificate.js'
import { isSensitiveAlias } from './sensitive-field.js'
import type { Terminators } from './terminators.js'

/** Evidence without the time, which the verifier's clock gives. */
export type Seen = Omit<Evidence, 'now'>

export type RawRequest = {
  readonly method: string
  /** Request target as received. */
  readonly target: string
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`: the only list in which duplicates survive. */
  readonly rawHeaders: readonly string[]
  /** DER of the certificate at the other end of this very connection. */
  readonly certificate?: Uint8Array
  readonly peer?: string
  /** Whose word on a client's certificate counts. */
  readonly terminators?: Terminators
}

const SECURITY_FIELDS = new Set(['authorization', 'dpop', 'client-cert', 'everyhop-hop', 'signature', 'signature-input', 'content-digest'])
const DECIDING_FIELDS = new Set([...SECURITY_FIELDS, 'early-data', 'host', 'trailer'])

/** Collects what was seen of a request: every occurrence of every field that decides. */
export function evidenceFrom(request: RawRequest): Seen {
  const { method, target, rawHeaders, peer } = request
  const terminator = request.certificate && request.terminators?.of(request.certificate)
  const values = new Map<string, string[]>()
  const aliases: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const { name, decides, isAlias } = fieldNamed(rawHeaders[index]!)
    if (isAlias) aliases.push(name)
    if (!decides && name !== terminator?.field) continue
    const list = values.get(name)
    if (list) list.push(rawHeaders[index + 1]!)
    else values.set(name, [rawHeaders[index + 1]!])
  }
  const all = (name: string): readonly string[] => values.get(name) ?? NO_VALUES
  const { certificate, explained, stray } = clientOf(request, terminator, all)
  if (stray !== undefined && !aliases.includes(stray)) aliases.push(stray)

  const seen: { -readonly [member in keyof Seen]: Seen[member] } = {
    method,
    // Of two hosts each part may take another one (RFC 9112 §3.2), and TRACE answers with the credentials: neither asks for a resource.
    target: all('host').length > 1 || method === 'TRACE' ? '' : target,
    authorization: all('authorization'),
    dpop: all('dpop'),
    // A hop that saw early data says so (RFC 8470 §5.1); any value but an absent one is taken as a yes.
    earlyData: all('early-data').length > 0,
    // The trailers come after the decision, so their announcement is what can be refused.
    trailers: all('trailer').some((names) => names.split(',').some((name) => isOfSecurity(name.trim().toLowerCase()))),
    hop: {
      everyhopHop: all('everyhop-hop'),
      signature: all('signature'),
      signatureInput: all('signature-input'),
      clientCert: explained.has('client-cert') ? [] : all('client-cert'),
      contentDigest: all('content-digest'),
      aliases: explained.size === 0 ? aliases : aliases.filter((name) => !explained.has(name)),
    },
  }
  if (certificate) seen.certificate = certificate
  // At the other end of a terminator's connection is the terminator: of the client's address nothing is known.
  if (peer !== undefined && !terminator) seen.peer = peer
  return seen
}

type Field = { readonly name: string; readonly decides: boolean; readonly isAlias: boolean }

/** The same names come with every request: what a spelling means is found out once. Bounded, since strangers choose them too. */
const fields = new Bounded<Field>(1_000)
const MAX_KEPT = 64

function fieldNamed(spelling: string): Field {
  const known = fields.get(spelling)
  if (known) return known
  const name = spelling.toLowerCase()
  const field = { name, decides: DECIDING_FIELDS.has(name), isAlias: isSensitiveAlias(name) }
  if (name.length <= MAX_KEPT) fields.set(spelling, field)
  return field
}

/**
 * The client's certificate, and the fields that are no stray ones because the terminator at the other end set them.
 * Where a terminator is, the connection's certificate is its own and never the client's. What it conveys in more than one value,
 * or in another spelling than its own, explains nothing: the field is a stray one, and the request is refused.
 */
function clientOf({ certificate }: RawRequest, terminator: SliceTerminator | undefined, all: (name: string) => readonly string[]): Client {
  if (!terminator) return certificate === undefined ? { explained: NONE } : { certificate, explained: NONE }
  const { field, format, alsoSets = [] } = terminator
  const values = all(field)
  const [value = ''] = values
  // Some proxies set the field empty where the client has shown none.
  const conveyed = value === '' ? undefined : readConveyed(value, format)
  const isClear = values.length <= 1 && (value === '') === (conveyed === undefined)
  if (!isClear) return { explained: new Set(alsoSets), stray: field }
  return { explained: new Set([field, ...alsoSets]), ...(conveyed === undefined ? {} : { certificate: conveyed }) }
}

type Client = { readonly certificate?: Uint8Array; readonly explained: ReadonlySet<string>; readonly stray?: string }

const NONE: ReadonlySet<string> = new Set()
const NO_VALUES: readonly string[] = Object.freeze([])

const isOfSecurity = (name: string): boolean => SECURITY_FIELDS.has(name) || isSensitiveAlias(name)

/** Whether a list of names and values in turn, as in `rawTrailers`, names a field that decides. */
export const namesSecurityField = (raw: readonly string[]): boolean => raw.some((name, index) => index % 2 === 0 && isOfSecurity(name.toLowerCase()))
