/**
 * The few shapes of RFC 9651 that an attestation uses, and nothing else: a reader that knows one spelling
 * cannot disagree with another about the rest.
 */

const KEY = '[a-z][a-z0-9_.-]{0,63}'
const STRING = '"(?:[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\["\\\\])*"'
const PARAMETER = `;${KEY}=(?:${STRING}|\\d{1,12}|:[A-Za-z0-9+/]*={0,2}:)`
const HOP_MEMBER = new RegExp(`^(${KEY})((?:${PARAMETER})*)$`)
const INPUT_MEMBER = new RegExp(`^(${KEY})=(\\((?:"[^"\\\\]{1,64}"(?:;key="${KEY}")?(?: (?!\\)))?)*\\))((?:${PARAMETER})+)$`)
const SIGNATURE_MEMBER = new RegExp(`^(${KEY})=:([A-Za-z0-9+/]{85}[AQgw]==):$`)
const PARAMETERS = new RegExp(`;(${KEY})=(${STRING}|\\d{1,12}|:[A-Za-z0-9+/]*={0,2}:)`, 'g')

export type Parameters = ReadonlyMap<string, string | number>
export type Member = { readonly key: string; readonly text: string; readonly parameters: Parameters }

const MAX_FIELD = 16_384

/**
 * Splits a dictionary at its top-level `, `, as RFC 9651 §4.1.2 writes it; strings may hold commas. A string that never closes
 * is taken to the end and refused by the reader of the member: given up at each quote, it would be read again from the next one.
 */
function split(field: string): readonly string[] {
  if (field.length > MAX_FIELD) return []
  const parts = field.match(/(?:"(?:[^"\\]|\\[^])*(?:"|\\?$)|[^,"])+/g) ?? []
  const isWhole = parts.join(',') === field && parts.slice(1).every((part) => part.startsWith(' '))
  return isWhole ? parts.map((part, index) => (index === 0 ? part : part.slice(1))) : []
}

function readParameters(text: string): Parameters | undefined {
  const parameters = new Map<string, string | number>()
  for (const [, key = '', value = ''] of text.matchAll(PARAMETERS)) {
    if (parameters.has(key)) return undefined
    parameters.set(key, value.startsWith('"') ? unquote(value) : value.startsWith(':') ? value : Number(value))
  }
  return parameters
}

const unquote = (text: string): string => text.slice(1, -1).replace(/\\(["\\])/g, '$1')

/** A string of RFC 9651 §3.3.3; undefined for what it cannot hold. */
export function quote(text: string): string | undefined {
  return /^[\x20-\x7E]*$/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : undefined
}

/** Reads `edge;m="GET";u="https://…"`, the members of `Everyhop-Hop`; undefined where anything else stands in it. */
export function readHopField(field: string): readonly Member[] | undefined {
  return readMembers(field, (part) => {
    const [, key, text] = HOP_MEMBER.exec(part) ?? []
    return key === undefined || text === undefined ? undefined : { key, text, parameters: text }
  })
}

/** Reads `label=("a" "b");created=…`, the members of `Signature-Input`. `text` is the list with its parameters. */
export function readSignatureInput(field: string): readonly (Member & { readonly components: string })[] | undefined {
  const members = readMembers(field, (part) => {
    const [, key, list, parameters] = INPUT_MEMBER.exec(part) ?? []
    return key === undefined || list === undefined || parameters === undefined ? undefined : { key, text: `${list}${parameters}`, parameters }
  })
  return members?.map((member) => ({ ...member, components: member.text.slice(0, member.text.lastIndexOf(')') + 1) }))
}

/** Reads `label=:…:`, the members of `Signature`: 64 bytes each. */
export function readSignatures(field: string): ReadonlyMap<string, Buffer> | undefined {
  const signatures = new Map<string, Buffer>()
  for (const part of split(field)) {
    const [, key, value] = SIGNATURE_MEMBER.exec(part) ?? []
    if (key === undefined || value === undefined || signatures.has(key)) return undefined
    signatures.set(key, Buffer.from(value, 'base64'))
  }
  return signatures.size === 0 ? undefined : signatures
}

/** DER bytes of `:base64:`, the one form of `Client-Cert` (RFC 9440 §2.1). */
export function readBytes(field: string): Buffer | undefined {
  const [, value] = /^:((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):$/.exec(field) ?? []
  return value === undefined ? undefined : Buffer.from(value, 'base64')
}

function readMembers(
  field: string,
  read: (part: string) => { readonly key: string; readonly text: string; readonly parameters: string } | undefined,
): readonly Member[] | undefined {
  const members: Member[] = []
  for (const part of split(field)) {
    const found = read(part)
    const parameters = found && readParameters(found.parameters)
    if (!found || !parameters || members.some(({ key }) => key === found.key)) return undefined
    members.push({ key: found.key, text: found.text, parameters })
  }
  return members.length === 0 ? undefined : members
}
