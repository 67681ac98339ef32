/** More blocks than any chain has that a client shows. */
const MAX_BLOCKS = 10

/** What stands between the dashes, block by block: nothing but blanks, the head, the content, the foot. */
const BLOCK = [/^\s*$/, /^BEGIN CERTIFICATE$/, /^\s[A-Za-z0-9+/=\s]+\s$/, /^END CERTIFICATE$/]

/** DER of the first certificate of a PEM text, which in TLS is the client's own; undefined where anything else stands in it. RFC 7468 §2. */
export function readPem(text: string): Buffer | undefined {
  const parts = text.split('-----')
  const blocks = (parts.length - 1) / 4
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS) return undefined
  if (!parts.every((part, index) => BLOCK[index % 4]!.test(part))) return undefined
  return readBase64(parts[2]!.replace(/\s/g, ''))
}

/** Percent escapes only: a `+` is a `+`, as in base64, and no space. */
export function unescaped(value: string): string | undefined {
  if (!/^(?:[\x21-\x24\x26-\x7E]|%[\da-f]{2})*$/i.test(value)) return undefined
  return value.replace(/%[\da-f]{2}/gi, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)))
}

/** Canonical base64 with its padding, or nothing. */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined
}
