/**
 * How a hop attests the request it passes on: two RFC 9421 signatures. The travelling one is labelled with the hop's id,
 * kept to the end, and covers what does not change; the one labelled `link` is replaced by each hop and covers the message
 * between two neighbours. Both sides build the same lines from here, so that they cannot drift apart.
 */

export const LINK = 'link'
export const HOP_TAG = 'everyhop-hop'
export const LINK_TAG = 'everyhop-link'

/** Fields that a travelling signature covers, where they are present. */
export type CoveredFields = {
  readonly authorization: string
  readonly dpop?: string
  readonly clientCert?: string
  readonly contentDigest?: string
}

/** What a hop says of the request in its member of `Everyhop-Hop`. */
export type HopStatement = {
  /** External method and target (without query), where this hop is the first. */
  readonly method?: string
  readonly target?: string
  readonly binding: string
  /** Thumbprint of the client's key, and of its certificate, where proven. */
  readonly jkt?: string
  readonly x5t?: string
  readonly waiver?: string
}

export type SignatureParameters = {
  /** Epoch seconds. */
  readonly created: number
  readonly expires: number
  readonly nonce: string
  readonly keyid: string
  readonly tag: string
}

/** The component list of the travelling signature of the last of `hops`. */
export function travellingComponents(hops: readonly string[], fields: CoveredFields): string {
  let list = ''
  for (const hop of hops) list += `"everyhop-hop";key="${hop}" `
  return `(${list}${componentsOf(fields)})`
}

/** The component list of the link signature that covers the travelling signature of `hop`. */
export const linkComponents = (hop: string): string => `("@method" "@authority" "@path" "@query" "signature";key="${hop}")`

export const parameterText = ({ created, expires, nonce, keyid, tag }: SignatureParameters): string =>
  `;created=${created};expires=${expires};nonce="${nonce}";keyid="${keyid}";tag="${tag}"`

/** The signature base of RFC 9421 §2.5 for a travelling signature. `members` holds the text of each hop's member. */
export function travellingBase(members: readonly { readonly hop: string; readonly text: string }[], fields: CoveredFields, input: string): string {
  let lines = ''
  for (const { hop, text } of members) lines += `"everyhop-hop";key="${hop}": ?1${text}\n`
  return `${lines}${linesOf(fields)}"@signature-params": ${input}`
}

export type LinkMessage = {
  readonly method: string
  readonly authority: string
  readonly path: string
  /** With its question mark. */
  readonly query: string
}

/** The signature base of RFC 9421 §2.5 for a link signature. */
export const linkBase = ({ method, authority, path, query }: LinkMessage, hop: string, signature: Buffer, input: string): string =>
  `"@method": ${method}
"@authority": ${authority}
"@path": ${path}
"@query": ${query}
"signature";key="${hop}": :${signature.toString('base64')}:
"@signature-params": ${input}`

const componentsOf = ({ dpop, clientCert, contentDigest }: CoveredFields): string =>
  `"authorization"${dpop === undefined ? '' : ' "dpop"'}${clientCert === undefined ? '' : ' "client-cert"'}${contentDigest === undefined ? '' : ' "content-digest"'}`

/** The lines of the same fields, in the same order. */
const linesOf = ({ authorization, dpop, clientCert, contentDigest }: CoveredFields): string =>
  `"authorization": ${authorization}\n${line('dpop', dpop)}${line('client-cert', clientCert)}${line('content-digest', contentDigest)}`

const line = (name: string, value: string | undefined): string => (value === undefined ? '' : `"${name}": ${value}\n`)
