import type { Slice, SliceTerminator } from '@everyhop/chain'
import { readThumbprint, sha256 } from '@everyhop/proof'
import { ConfigError } from './config-error.js'
import { isConveyedFormat } from './conveyed-certificate.js'

/** The proxy at the other end of a connection, by the certificate that it authenticated itself with. */
export type Terminators = { readonly of: (certificate: Uint8Array) => SliceTerminator | undefined }

const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]{1,64}$/

/** Throws ConfigError where an entry could not be meant: conveyed certificates decide who somebody is. */
export function compileTerminators({ terminators = [], routes }: Pick<Slice, 'terminators' | 'routes'>): Terminators {
  const byCertificate = new Map<string, SliceTerminator>()
  for (const terminator of terminators) {
    const field = terminator.field.toLowerCase()
    const others = (terminator.alsoSets ?? []).map((name) => name.toLowerCase())
    if (!isConveyedFormat(terminator.format)) throw wrong(`its format is none that is known: ${String(terminator.format)}`)
    if (![field, ...others].every((name) => FIELD_NAME.test(name))) throw wrong('it names a field that is no field name')
    if (field === 'client-cert' && terminator.format !== 'rfc9440') throw wrong('Client-Cert has one format, rfc9440')
    if (others.includes(field)) throw wrong('the field that conveys the certificate stands among the others')
    if (terminator.certificates.length === 0) throw wrong('it names no certificate of its own, so nobody could be it')
    for (const certificate of terminator.certificates) {
      if (readThumbprint(certificate) === undefined) throw wrong('a certificate is named by its SHA-256, base64url')
      if (byCertificate.has(certificate)) throw wrong('a certificate stands twice')
      byCertificate.set(certificate, { ...terminator, field, alsoSets: others })
    }
  }
  // An attested route has its certificate from the covered Client-Cert: two sources could contradict each other.
  if (byCertificate.size > 0 && routes.some(({ mode }) => mode === 'attested')) {
    throw wrong('a hop whose routes are attested takes certificates from the attestation')
  }
  return { of: (certificate) => (byCertificate.size === 0 ? undefined : byCertificate.get(sha256(certificate))) }
}

const wrong = (why: string): ConfigError => new ConfigError('config.terminator', `a terminator is wrong: ${why}`)
