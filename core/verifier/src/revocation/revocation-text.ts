import { isObject } from '@everyhop/proof'
import type { Revocation } from './revocation-store.js'

const KINDS: ReadonlySet<unknown> = new Set<Revocation['kind']>(['token', 'client', 'key', 'grant'])
const MAX_ID = 512
const MAX_ISSUER = 2_048

/** A revocation from outside; undefined for anything else. */
export function readRevocation(value: unknown): Revocation | undefined {
  if (!isObject(value)) return undefined
  const { kind, id, until, before, issuer } = value
  const isRevocation = KINDS.has(kind) && isText(id, MAX_ID) && isTime(until) && (before === undefined || isTime(before))
  if (!isRevocation || !(issuer === undefined || isText(issuer, MAX_ISSUER))) return undefined
  return {
    kind: kind as Revocation['kind'],
    id: id as string,
    until: until as number,
    ...(before !== undefined && { before }),
    ...(issuer !== undefined && { issuer }),
  } as Revocation
}

/** One spelling for each revocation, so that a store knows one that it has. Throws TypeError for what is none. */
export function revocationText(revocation: Revocation): string {
  const read = readRevocation(revocation)
  if (!read)
    throw new TypeError(
      'a revocation has a kind (token, client, key, grant), an id, a time until which it counts, and perhaps before (epoch seconds both) and issuer',
    )
  const { kind, id, until, before, issuer } = read
  return JSON.stringify({ until, kind, id, before, issuer })
}

/** Rejects the whole answer of a store that holds anything else: what cannot be read might be the one that counts. */
export function readRevocationText(text: string): Revocation {
  const revocation = readRevocation(JSON.parse(text))
  if (!revocation) throw new Error('not a revocation')
  return revocation
}

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length > 0 && value.length <= max

/** The year 5138. Beyond are milliseconds, as `Date.now()` has them: with those nothing that is issued later would ever count again. */
const LAST = 1e11

const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < LAST
