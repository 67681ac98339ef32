import { hash } from 'node:crypto'

declare const brand: unique symbol

/** SHA-256 as base64url, of a key (RFC 7638) or of a certificate (RFC 8705 §3.1). */
export type Thumbprint = string & { readonly [brand]: 'Thumbprint' }

/** 43 characters, of which the last carries two zero bits. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/

export function readThumbprint(value: unknown): Thumbprint | undefined {
  return typeof value === 'string' && THUMBPRINT.test(value) ? (value as Thumbprint) : undefined
}

/** SHA-256 of text or bytes, base64url without padding. */
export const sha256 = (input: string | Uint8Array): Thumbprint => hash('sha256', input, 'base64url') as Thumbprint
