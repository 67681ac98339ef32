import type { Evidence } from '@everyhop/proof'
import { isSensitiveAlias } from './sensitive-field.js'

/** Evidence without the time, which the verifier's clock gives. */
export type Seen = Omit<Evidence, 'now'>

export type RawRequest = {
  readonly method: string
  /** Request target as received. */
  readonly target: string
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`: the only list in which duplicates survive. */
  readonly rawHeaders: readonly string[]
  readonly certificate?: Uint8Array
  readonly peer?: string
}

const SECURITY_FIELDS = new Set(['authorization', 'dpop', 'client-cert', 'everyhop-hop', 'signature', 'signature-input', 'content-digest'])

/** Collects what was seen of a request: every occurrence of every field that decides. */
export function evidenceFrom({ method, target, rawHeaders, certificate, peer }: RawRequest): Seen {
  const values = new Map<string, string[]>()
  const aliases: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (isSensitiveAlias(name)) aliases.push(name)
    const list = values.get(name)
    if (list) list.push(rawHeaders[index + 1]!)
    else values.set(name, [rawHeaders[index + 1]!])
  }
  const all = (name: string): readonly string[] => values.get(name) ?? []

  return {
    method,
    target,
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
      clientCert: all('client-cert'),
      contentDigest: all('content-digest'),
      aliases,
    },
    ...(certificate === undefined ? {} : { certificate }),
    ...(peer === undefined ? {} : { peer }),
  }
}

const isOfSecurity = (name: string): boolean => SECURITY_FIELDS.has(name) || isSensitiveAlias(name)
