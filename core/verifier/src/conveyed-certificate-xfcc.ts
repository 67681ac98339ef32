import { createHash } from 'node:crypto'
import { readPem, unescaped } from './conveyed-certificate-pem.js'

/** A name and its value, quoted where it has a comma, a semicolon or an equals sign in it. */
const PAIR = /^([A-Za-z]+)=(?:"((?:[^"\\]|\\[^])*)"|([^"]*))$/

/**
 * Reads Envoy's `X-Forwarded-Client-Cert`: elements with commas between, one a hop, each `By=…;Hash=…;Cert="…"`.
 * The last one is what the hop said that wrote the field, of the client of its own connection; those before it are hearsay.
 */
export function readXfcc(field: string): Buffer | undefined {
  const element = split(field, ',')?.at(-1)
  const pairs = element === undefined ? undefined : split(element, ';')
  let cert: string | undefined
  let hash: string | undefined
  for (const pair of pairs ?? []) {
    const [, name, quoted, bare] = PAIR.exec(pair) ?? []
    if (name === undefined) return undefined
    const value = quoted?.replace(/\\([^])/g, '$1') ?? bare ?? ''
    const key = name.toLowerCase()
    if ((key === 'cert' && cert !== undefined) || (key === 'hash' && hash !== undefined)) return undefined
    if (key === 'cert') cert = value
    if (key === 'hash') hash = value
  }
  const pem = cert === undefined ? undefined : unescaped(cert)
  const der = pem === undefined ? undefined : readPem(pem)
  const isSame = der !== undefined && (hash === undefined || createHash('sha256').update(der).digest('hex') === hash.toLowerCase())
  return isSame ? der : undefined
}

/**
 * Splits outside of quotes. One that never closes is taken to the end and refused by the reader of the pair: given up here,
 * it would be tried again from each quote that is escaped within.
 */
function split(text: string, separator: ',' | ';'): readonly string[] | undefined {
  const parts = text.match(separator === ',' ? /(?:"(?:[^"\\]|\\[^])*(?:"|\\?$)|[^,"])+/g : /(?:"(?:[^"\\]|\\[^])*(?:"|\\?$)|[^;"])+/g) ?? []
  return parts.length > 0 && parts.join(separator) === text ? parts.map((part) => part.trim()) : undefined
}
