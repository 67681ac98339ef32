import { createPublicKey, type KeyObject } from 'node:crypto'
import { isObject, suits, type Json, type TokenAlg } from '@everyhop/proof'
import { NoAnswer } from './no-answer.js'

const MAX_KEYS = 64
/** Private and symmetric members (RFC 7518 §6): a key that shows one belongs to everyone by now. */
const SECRET_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

export type PublishedKey = { readonly kid: string | undefined; readonly alg: string | undefined; readonly key: KeyObject }

/** The keys of a set that can verify signatures by one of `algs`; others in it are passed over. Throws where it is no set, or too long. RFC 7517 §5. */
export function readJwks(set: Json, algs: readonly TokenAlg[], known: readonly PublishedKey[] = []): readonly PublishedKey[] {
  const keys = set['keys']
  if (!Array.isArray(keys)) throw new NoAnswer('the answer is not a set of keys')
  if (keys.length > MAX_KEYS) throw new NoAnswer(`the set has more than ${MAX_KEYS} keys`)
  return keys.flatMap((jwk: unknown): readonly PublishedKey[] => {
    if (!isObject(jwk) || !isForSignatures(jwk) || SECRET_MEMBERS.some((member) => member in jwk)) return []
    try {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
      // The same object as before, so that what was verified with it stays verified.
      const read = { kid: text(jwk['kid']), alg: text(jwk['alg']), key: known.find((one) => one.key.equals(key))?.key ?? key }
      return algs.some((alg) => fits(read, alg)) ? [read] : []
    } catch {
      return []
    }
  })
}

/** The key for a token that says `kid` and `alg`; without a `kid` only where no other would do. */
export function findKey(keys: readonly PublishedKey[], kid: string | undefined, alg: TokenAlg): KeyObject | undefined {
  if (kid !== undefined) return keys.find((one) => one.kid === kid && fits(one, alg))?.key
  const fitting = keys.filter((one) => fits(one, alg))
  return fitting.length === 1 ? fitting[0]!.key : undefined
}

const fits = ({ alg: own, key }: PublishedKey, alg: TokenAlg): boolean => (own === undefined || named(own) === named(alg)) && suits(key, alg)

/** RFC 7517 §4.2, §4.3. */
function isForSignatures({ use, key_ops: operations }: Json): boolean {
  return (use === undefined || use === 'sig') && (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
}

/** `Ed25519` is the fully specified name (RFC 9864) of what `EdDSA` means here: key and token may say it either way. */
const named = (alg: string): string => (alg === 'Ed25519' ? 'EdDSA' : alg)

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
