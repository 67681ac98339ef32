/**
 * The part of the protocol buffers wire format that the authorization service speaks: varints and length-delimited fields. Fixed-width
 * fields are skipped; groups, which proto3 does not have, and whatever does not end where it says, are malformed.
 */

/** Fields of one message by number, in their order: numbers and bytes. */
export type Message = ReadonlyMap<number, readonly (Uint8Array | number)[]>

const MAX_FIELDS = 20_000

/** Undefined for bytes that are no message. */
export function readMessage(bytes: Uint8Array): Message | undefined {
  const fields = new Map<number, (Uint8Array | number)[]>()
  let at = 0
  let count = 0

  function varint(): number | undefined {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return undefined
  }

  function value(wire: number): Uint8Array | number | undefined {
    if (wire === 0) return varint()
    const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : undefined
    if (length === undefined || length > bytes.length - at) return undefined
    at += length
    return bytes.subarray(at - length, at)
  }

  while (at < bytes.length) {
    const key = varint()
    if (key === undefined || key > 0xffff_ffff || (count += 1) > MAX_FIELDS) return undefined
    const read = value(key % 8)
    const field = Math.floor(key / 8)
    if (read === undefined || field === 0) return undefined
    const known = fields.get(field)
    if (known) known.push(read)
    else fields.set(field, [read])
  }
  return fields
}

/** A message field that may be there once; `malformed` where it is repeated or of another kind. */
export function messageIn(message: Message, field: number): Message | undefined | 'malformed' {
  const bytes = bytesIn(message, field)
  return bytes === undefined || bytes === 'malformed' ? bytes : (readMessage(bytes) ?? 'malformed')
}

/** A field of text that may be there once: '' where it is not, as proto3 has it; undefined where it is malformed. */
export function textIn(message: Message, field: number): string | undefined {
  const bytes = bytesIn(message, field)
  return bytes === 'malformed' ? undefined : Buffer.from(bytes ?? []).toString('utf8')
}

export function bytesIn(message: Message, field: number): Uint8Array | undefined | 'malformed' {
  const values = message.get(field)
  if (values === undefined) return undefined
  const [only] = values
  return values.length === 1 && only instanceof Uint8Array ? only : 'malformed'
}

/** A length-delimited field: text, bytes or a message. */
export function field(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return Buffer.concat([varintOf(number * 8 + 2), varintOf(bytes.length), bytes])
}

export const numberField = (number: number, value: number): Uint8Array => Buffer.concat([varintOf(number * 8), varintOf(value)])

function varintOf(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.from([...bytes, rest])
}
