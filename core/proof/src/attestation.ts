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
  /** SHA-256 of the signature of the hop before, base64. */
  readonly previous?: string
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
  const members = hops.map((hop) => `"everyhop-hop";key="${hop}"`)
  const others = fieldLines(fields).map(([name]) => `"${name}"`)
  return `(${[...members, ...others].join(' ')})`
}

/** The component list of the link signature that covers the travelling signature of `hop`. */
export const linkComponents = (hop: string): string => `("@method" "@authority" "@path" "@query" "signature";key="${hop}")`

export const parameterText = ({ created, expires, nonce, keyid, tag }: SignatureParameters): string =>
  `;created=${created};expires=${expires};nonce="${nonce}";keyid="${keyid}";tag="${tag}"`

/** The signature base of RFC 9421 §2.5 for a travelling signature. `members` holds the text of each hop's member. */
export function travellingBase(members: readonly { readonly hop: string; readonly text: string }[], fields: CoveredFields, input: string): string {
  const lines = members.map(({ hop, text }) => `"everyhop-hop";key="${hop}": ?1${text}`)
  for (const [name, value] of fieldLines(fields)) lines.push(`"${name}": ${value}`)
  return [...lines, `"@signature-params": ${input}`].join('\n')
}

export type LinkMessage = {
  readonly method: string
  readonly authority: string
  readonly path: string
  /** With its question mark. */
  readonly query: string
}

/** The signature base of RFC 9421 §2.5 for a link signature. */
export function linkBase(message: LinkMessage, hop: string, signature: Uint8Array, input: string): string {
  return [
    `"@method": ${message.method}`,
    `"@authority": ${message.authority}`,
    `"@path": ${message.path}`,
    `"@query": ${message.query}`,
    `"signature";key="${hop}": :${Buffer.from(signature).toString('base64')}:`,
    `"@signature-params": ${input}`,
  ].join('\n')
}

function fieldLines(fields: CoveredFields): readonly (readonly [string, string])[] {
  const { authorization, dpop, clientCert, contentDigest } = fields
  return [
    ['authorization', authorization] as const,
    ...(dpop === undefined ? [] : [['dpop', dpop] as const]),
    ...(clientCert === undefined ? [] : [['client-cert', clientCert] as const]),
    ...(contentDigest === undefined ? [] : [['content-digest', contentDigest] as const]),
  ]
}
