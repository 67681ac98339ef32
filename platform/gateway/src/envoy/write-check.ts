import type { Refusal } from '@everyhop/proof'
import type { Field, Ruling } from '../decider.js'
import { HOP_FIELDS, SENSITIVE_FIELDS } from '../sensitive-fields.js'
import { field, numberField } from './protobuf.js'
import type { Check } from './read-check.js'

const REMOVED = new Set([...SENSITIVE_FIELDS, ...HOP_FIELDS].map((name) => name.toLowerCase()))
/** Envoy itself obeys what it finds there: retries, timeouts, the path of the log. */
const OF_ENVOY = 'x-envoy-'

const PERMISSION_DENIED = 7

/** A CheckResponse that lets the request pass: what to set, and what of it to remove. */
export function writePass({ fields, next, nonce }: Extract<Ruling, { verdict: 'pass' }>, { names, peer }: Check): Uint8Array {
  const set: readonly Field[] = [
    ...fields,
    ['Everyhop-Next', next.hop],
    ['X-Forwarded-Proto', 'https'],
    ...(peer === undefined ? [] : [['X-Forwarded-For', peer] as const]),
  ]
  const isSet = new Set(set.map(([name]) => name.toLowerCase()))
  const removed = [...new Set(names)].filter((name) => (REMOVED.has(name) || name.startsWith(OF_ENVOY)) && !isSet.has(name))
  const answered: readonly Field[] =
    nonce === undefined
      ? []
      : [
          ['DPoP-Nonce', nonce],
          ['Cache-Control', 'no-store'],
        ]
  const ok = Buffer.concat([
    ...set.map((one) => field(2, overwriting(one))),
    ...removed.map((name) => field(5, name)),
    ...answered.map((one) => field(6, overwriting(one))),
  ])
  return Buffer.concat([field(1, new Uint8Array()), field(3, ok)])
}

/** A CheckResponse that is the refusal itself, with every challenge. */
export function writeRefusal({ status, fields, body }: Refusal): Uint8Array {
  const denied = Buffer.concat([field(1, numberField(1, statusOf(status))), ...fields.map((one) => field(2, appending(one))), field(3, body)])
  return Buffer.concat([field(1, numberField(1, PERMISSION_DENIED)), field(2, denied)])
}

/** Envoy knows no 425 and takes no status that it does not know: 503 with `Retry-After` has the client try again as well. */
const statusOf = (status: number): number => (status === 425 ? 503 : status)

// Versions before `append_action` (field 3) read `append` (field 2, a wrapped boolean), which later ones prefer where it is there.
const overwriting = (one: Field): Uint8Array => Buffer.concat([field(1, header(one)), numberField(3, 2)])
const appending = (one: Field): Uint8Array => Buffer.concat([field(1, header(one)), field(2, numberField(1, 1))])
const header = ([name, value]: Field): Uint8Array => Buffer.concat([field(1, name), field(2, value)])
