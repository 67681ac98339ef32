import { X509Certificate } from 'node:crypto'
import type { SliceTerminator } from '@everyhop/chain'
import { readBytes } from '@everyhop/proof'
import { readBase64, readPem, unescaped } from './conveyed-certificate-pem.js'
import { readXfcc } from './conveyed-certificate-xfcc.js'

/** The spelling in which a proxy that ends the client's TLS hands on the client's certificate. */
export type ConveyedFormat = SliceTerminator['format']

/** As long as Node lets all header fields together be. */
const MAX_LENGTH = 16_384

/**
 * Reads a client certificate (DER) out of one field value; undefined for anything but the one spelling, and for what is no certificate.
 * Whether the value may be believed at all is not decided here: `evidenceFrom` asks who sent it.
 */
export function readConveyed(value: string, format: ConveyedFormat): Uint8Array | undefined {
  if (value.length > MAX_LENGTH) return undefined
  const der = READERS[format](value)
  return der !== undefined && isOneCertificate(der) ? der : undefined
}

const READERS: Readonly<Record<ConveyedFormat, (value: string) => Buffer | undefined>> = {
  /** RFC 9440 §2.1: `:MIIB…:`. */
  rfc9440: readBytes,
  /** Envoy and its meshes. */
  xfcc: readXfcc,
  /** nginx `$ssl_client_escaped_cert`; AWS, which leaves `+`, `=` and `/` as they are and may add the client's chain. */
  'escaped-pem': (value) => {
    const pem = unescaped(value)
    return pem === undefined ? undefined : readPem(pem)
  },
  /** Apache `%{SSL_CLIENT_CERT}s`, nginx `$ssl_client_cert`: lines joined by spaces or tabs. */
  'folded-pem': (value) => readPem(value),
  /** HAProxy `ssl_c_der,base64`, Caddy, Azure. */
  'base64-der': readBase64,
  /** PEM without its frame, escaped by version 2 and bare since version 3; the client's chain may follow after commas. */
  traefik: (value) => {
    const [leaf, ...chain] = (value.includes('%') ? (unescaped(value) ?? '') : value).split(',').map(readBase64)
    // Two fields that somebody joined, with a space behind the comma, are no chain: the first may be anybody's.
    return chain.includes(undefined) ? undefined : leaf
  },
}

/** Nothing before, nothing behind: what is hashed is what the client's TLS connection showed. */
function isOneCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.equals(der)
  } catch {
    return false
  }
}

export const isConveyedFormat = (format: string): format is ConveyedFormat => Object.hasOwn(READERS, format)
