import { isSensitiveAlias } from '@everyhop/verifier'
import type { Field } from '../decider.js'
import { HOP_FIELDS, SENSITIVE_FIELDS } from '../sensitive-fields.js'

/** Fields of one connection. RFC 9110 §7.6.1. */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'expect',
])

/** What `Connection` cannot take away: else `Connection: DPoP` would turn a bound token into a bearer token. */
const KEPT = new Set(['authorization', 'dpop', 'content-digest', 'content-length', 'content-type'])

const REMOVED = new Set([...SENSITIVE_FIELDS, ...HOP_FIELDS, 'Host'].map((name) => name.toLowerCase()))

/** Of a probe: it decides nothing, and witnesses behind this hop know the requests by it. */
const RUN_TAG = 'everyhop-run'

/** The client's fields as they go on: raw names and values in turn, without those of the connection, those a client could forge, and those that this hop sets instead. */
export function forwardedRequestFields(rawHeaders: readonly string[], own: readonly Field[] = []): string[] {
  const replaced = new Set(own.map(([name]) => name.toLowerCase()))
  const listed = namesIn(rawHeaders, 'connection')
  return pick(rawHeaders, (name) => {
    if (OF_CONNECTION.has(name) || REMOVED.has(name) || replaced.has(name) || isSensitiveAlias(name)) return false
    if (name.includes('_') || (name.startsWith('everyhop-') && name !== RUN_TAG)) return false
    return !listed.has(name) || KEPT.has(name)
  })
}

/** The application's fields as they go back. */
export function forwardedResponseFields(rawHeaders: readonly string[]): string[] {
  const listed = namesIn(rawHeaders, 'connection')
  const own = new Set([...OF_CONNECTION].filter((name) => name !== 'proxy-authenticate'))
  return pick(rawHeaders, (name) => !own.has(name) && (!listed.has(name) || name === 'www-authenticate' || name === 'dpop-nonce'))
}

function namesIn(rawHeaders: readonly string[], field: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() !== field) continue
    for (const name of rawHeaders[index + 1]!.split(',')) names.add(name.trim().toLowerCase())
  }
  return names
}

function pick(rawHeaders: readonly string[], keeps: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (keeps(rawHeaders[index]!.toLowerCase())) kept.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  return kept
}
