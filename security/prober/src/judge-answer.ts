import { timingSafeEqual } from 'node:crypto'
import { CANARY_FIELD, markerOf, type Sighted } from '@everyhop/canary'
import type { Answer, Attack, Field } from './attack.js'
import type { WireAnswer } from './wire.js'

/** Makes an answer of what came over the wire: let in only where the canary's marker holds for the challenge that was sent. */
export function readAnswer(wire: WireAnswer, canaryKey: Uint8Array, target: string): Answer {
  if ('failed' in wire) return { status: 0, fields: [], accepted: false, failed: wire.failed }
  const { status, fields, body } = wire
  const challenge = /[?&]everyhop-challenge=([\w-]+)/.exec(target)?.[1] ?? ''
  const said = readCanary(body === '' ? canaryField(fields) : body)
  const accepted = said !== undefined && challenge !== '' && holds(canaryKey, { ...said, challenge }, said.canary)
  return { status, fields, accepted, ...(accepted ? { who: said.who } : {}), ...refusalIn(body) }
}

function holds(key: Uint8Array, sighted: Sighted, claimed: string): boolean {
  const right = Buffer.from(markerOf(key, sighted))
  const given = Buffer.from(claimed)
  return right.length === given.length && timingSafeEqual(right, given)
}

/** An answer without content, to HEAD, has it in a field. */
function canaryField(fields: readonly Field[]): string {
  const value = fields.find(([name]) => name.toLowerCase() === CANARY_FIELD.toLowerCase())?.[1] ?? ''
  return Buffer.from(value, 'base64url').toString('utf8')
}

type Said = { readonly canary: string; readonly method: string; readonly path: string; readonly who: string }

function readCanary(body: string): Said | undefined {
  const { canary, method, path, who } = jsonIn(body)
  const isWhole = typeof canary === 'string' && typeof method === 'string' && typeof path === 'string' && typeof who === 'string'
  return isWhole ? { canary, method, path, who } : undefined
}

/** Our own parts say in a refusal which hop refuses, and why. Anything that is not spelled like that is left alone: it might be what was sent. */
function refusalIn(body: string): { readonly code?: string; readonly hop?: string } {
  const { code, hop } = jsonIn(body)
  const isCode = typeof code === 'string' && code.length <= 64 && /^[a-z-]+\.[a-z-]+$/.test(code)
  const isHop = typeof hop === 'string' && /^[\w.-]{1,64}$/.test(hop)
  return { ...(isCode ? { code } : {}), ...(isCode && isHop ? { hop } : {}) }
}

function jsonIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Families about fields, targets and methods: there the server itself may answer, before any application does. */
const OF_MESSAGES = new Set(['HDR', 'URL', 'MTH', 'SPF', 'FWD', 'DWN', 'TOK', 'PRF', 'FOP'])
const BY_SERVERS = new Set([400, 405, 411, 413, 414, 421, 431, 501])

/**
 * Whether a refusal is for the reason that the attack is about. Our own parts say the reason; of others a 401 or a challenge is taken for one,
 * and a plain 403 for none: a firewall says the same.
 */
export function isRightRefusal(attack: Attack, answer: Answer): boolean {
  const refusedAs: readonly string[] = attack.kind === 'forge' ? attack.refusedAs : []
  if (answer.code !== undefined) return refusedAs.includes(answer.code)
  const isChallenge = answer.fields.some(([name]) => name.toLowerCase() === 'www-authenticate')
  if (answer.status === 401 || (isChallenge && (answer.status === 400 || answer.status === 403))) return true
  if (attack.kind === 'forge' && attack.refusedBy === 'server' && (answer.failed === 'reset' || answer.status === 403)) return true
  // Another path is another resource, which need not be there.
  if (familyOf(attack) === 'URL' && answer.status === 404) return true
  return OF_MESSAGES.has(familyOf(attack)) && BY_SERVERS.has(answer.status)
}

const familyOf = ({ id }: Attack): string => id.split('-')[0] ?? ''

/** An answer that says nothing of the request: nobody decided. */
export const isOutage = ({ status, failed }: Answer): boolean => failed !== undefined || status >= 500 || status === 429 || status === 404

/** An answer in words. */
export function describe({ status, accepted, code, hop, failed }: Answer): string {
  if (failed !== undefined)
    return {
      unreachable: 'no connection',
      reset: 'the connection was closed without an answer',
      timeout: 'no answer in time',
      unsupported: 'that version of HTTP is not spoken',
    }[failed]
  if (accepted) return `let in (${status}, the canary's marker holds)`
  return `refused with ${status}${code === undefined ? '' : ` ${code}`}${hop === undefined ? '' : ` by ${hop}`}`
}
