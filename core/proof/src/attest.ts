import type { KeyObject } from 'node:crypto'
import {
  HOP_TAG,
  LINK,
  LINK_TAG,
  linkBase,
  linkComponents,
  parameterText,
  travellingBase,
  travellingComponents,
  type CoveredFields,
  type HopStatement,
  type LinkMessage,
} from './attestation.js'
import { signBytes } from './compact-jws.js'
import { quote, readHopField, readSignatureInput, readSignatures } from './structured-fields.js'
import { sha256 } from './thumbprint.js'

export type AttestRequest = {
  /** This hop's id: label and member name. */
  readonly hop: string
  readonly statement: HopStatement
  readonly fields: CoveredFields
  /** The message as the next hop will receive it. */
  readonly message: LinkMessage
  /** What the hops before attested, verified already; absent on the first hop. */
  readonly earlier?: AttestationFields
  /** Epoch seconds. */
  readonly now: number
  /** Seconds that the attestation lives. */
  readonly lifetime: number
  /** Two fresh values of 128 bits, base64url: from the shell, which owns randomness. */
  readonly nonces: readonly [string, string]
  readonly key: KeyObject
  /** RFC 7638 thumbprint of the key. */
  readonly keyid: string
}

export type AttestationFields = {
  readonly everyhopHop: string
  readonly signatureInput: string
  readonly signature: string
}

/** Signs for the next hop. Undefined where a value cannot be put into a field, which no request that was allowed here has. */
export function attest(request: AttestRequest): AttestationFields | undefined {
  const before = readEarlier(request.earlier)
  const text = statementText(request.statement, before?.digest)
  if (text === undefined || before === undefined) return undefined

  const { hop, fields, key, keyid, now, nonces } = request
  const members = [...before.members, { hop, text }]
  const hops = members.map((member) => member.hop)
  const [created, expires] = [now, now + request.lifetime]
  const input = travellingComponents(hops, fields) + parameterText({ created, expires, nonce: nonces[0], keyid, tag: HOP_TAG })
  const signature = signBytes(key, travellingBase(members, fields, input))
  const linkInput = linkComponents(hop) + parameterText({ created, expires, nonce: nonces[1], keyid, tag: LINK_TAG })
  const link = signBytes(key, linkBase(request.message, hop, signature, linkInput))

  return {
    everyhopHop: members.map((member) => `${member.hop}${member.text}`).join(', '),
    signatureInput: [...before.inputs, `${hop}=${input}`, `${LINK}=${linkInput}`].join(', '),
    signature: [...before.signatures, `${hop}=:${signature.toString('base64')}:`, `${LINK}=:${link.toString('base64')}:`].join(', '),
  }
}

type Earlier = {
  readonly members: readonly { readonly hop: string; readonly text: string }[]
  readonly inputs: readonly string[]
  readonly signatures: readonly string[]
  readonly digest?: string
}

/** The travelling parts of what came before; the link is ours to replace. */
function readEarlier(earlier: AttestationFields | undefined): Earlier | undefined {
  if (earlier === undefined) return { members: [], inputs: [], signatures: [] }
  const members = readHopField(earlier.everyhopHop)
  const inputs = readSignatureInput(earlier.signatureInput)
  const signatures = readSignatures(earlier.signature)
  const last = members?.at(-1) && signatures?.get(members.at(-1)!.key)
  if (!members || !inputs || !signatures || !last) return undefined
  return {
    members: members.map(({ key, text }) => ({ hop: key, text })),
    inputs: inputs.filter(({ key }) => key !== LINK).map(({ key, text }) => `${key}=${text}`),
    signatures: [...signatures].filter(([key]) => key !== LINK).map(([key, value]) => `${key}=:${value.toString('base64')}:`),
    digest: sha256(last),
  }
}

/** The parameters of a member, in this order always. */
function statementText({ method, target, binding, jkt, x5t, waiver }: HopStatement, previous: string | undefined): string | undefined {
  const parameters = [
    ['m', method],
    ['u', target],
    ['b', binding],
    ['k', jkt],
    ['c', x5t],
    ['w', waiver],
    ['p', previous],
  ] as const
  let text = ''
  for (const [name, value] of parameters) {
    if (value === undefined) continue
    const quoted = quote(value)
    if (quoted === undefined) return undefined
    text += `;${name}=${quoted}`
  }
  return text
}
