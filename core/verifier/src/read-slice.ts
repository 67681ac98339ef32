import type { KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { readCompact, sha256, signatureHolds } from '@everyhop/proof'
import { ConfigError } from './config-error.js'

const MAX_LENGTH = 1_048_576

/** A slice with the digest by which receipts name it: base64url SHA-256 of the signed text. */
export type LoadedSlice = { readonly slice: Slice; readonly digest: string }

/** Reads a slice that `everyhop compile` signed. Throws ConfigError unless the signature verifies with `key` (Ed25519). */
export function readSlice(jws: string, key: KeyObject): LoadedSlice {
  const text = jws.trim()
  const read = readCompact(text, MAX_LENGTH)
  if (!read) throw new ConfigError('config.slice-malformed', 'the slice is not one signed by "everyhop compile"')
  const { typ, alg } = read.header
  if (typ !== 'everyhop-slice+jwt' || alg !== 'EdDSA') {
    throw new ConfigError('config.slice-malformed', 'the slice has another type or algorithm than "everyhop compile" gives it')
  }
  if (!signatureHolds('EdDSA', key, read.signingInput, read.signature)) {
    throw new ConfigError('config.slice-signature', 'the slice was not signed with the key given for it, or was changed since')
  }
  if (read.payload['version'] !== 1) {
    throw new ConfigError('config.slice-version', 'the slice has a version that this release does not know; compile it again')
  }
  return { slice: read.payload as unknown as Slice, digest: sha256(text) }
}
