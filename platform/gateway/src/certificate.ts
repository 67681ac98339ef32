import { X509Certificate } from 'node:crypto'

const MAX_LENGTH = 16_384
/** A percent-encoded PEM: base64 lines between the two marks, with nothing before, between or after. */
const PEM = /^-----BEGIN CERTIFICATE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END CERTIFICATE-----\n?$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * DER of the one certificate in a percent-encoded PEM, as nginx gives it in `$ssl_client_escaped_cert`.
 * Undefined for anything else: a chain, another armour, stray characters, bytes that are no certificate.
 */
export function readEscapedPem(escaped: string): Buffer | undefined {
  if (escaped.length > MAX_LENGTH || !/^(?:[A-Za-z0-9._~!$'()*,;:@/+=-]|%[\dA-F]{2})+$/.test(escaped)) return undefined
  const pem = decode(escaped)
  const [, lines] = (pem && PEM.exec(pem)) || []
  const text = lines?.replaceAll('\n', '')
  return text === undefined ? undefined : readBase64(text)
}

/** DER of a certificate that a gateway gives in base64. Undefined for anything else. */
export function readBase64(text: string): Buffer | undefined {
  if (text.length > MAX_LENGTH || !BASE64.test(text)) return undefined
  const der = Buffer.from(text, 'base64')
  return isCertificate(der) ? der : undefined
}

function decode(escaped: string): string | undefined {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}

/** Whether the bytes are one certificate and no more: trailing bytes would give it a second thumbprint. */
function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.equals(der)
  } catch {
    return false
  }
}

/** The value of `Client-Cert`: a byte sequence. RFC 9440 §2.2. */
export const clientCertField = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`
