import type { Code } from './codes.js'

export type Credential = { readonly scheme: 'dpop' | 'bearer'; readonly token: string }

/** One scheme, one space, one token68. RFC 9110 §11.4, RFC 9449 §7.1. */
const CREDENTIAL = /^([A-Za-z][\w!#$%&'*+.^`|~-]*) ([\w.~+/-]+=*)$/

/** Reads the one Authorization field, or names the defect. Schemes are case-insensitive (RFC 9110 §11.1). */
export function readAuthorization(values: readonly string[]): Credential | Code {
  const [value] = values
  if (value === undefined) return 'request.uncredentialed'
  if (values.length > 1) return 'request.authorization'
  const match = CREDENTIAL.exec(value)
  if (!match) return 'request.authorization'
  const [, name = '', token = ''] = match
  const scheme = name.toLowerCase()
  return scheme === 'dpop' || scheme === 'bearer' ? { scheme, token } : 'request.scheme'
}
