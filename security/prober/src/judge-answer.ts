import type { Answer, Attack } from './attack.js'

/** Families about fields, targets and methods: there the server itself may answer, before any application does. */
const OF_MESSAGES = new Set(['HDR', 'URL', 'MTH', 'SPF', 'FWD', 'DWN', 'TOK', 'PRF', 'FOP'])
const BY_SERVERS = new Set([400, 405, 411, 413, 414, 421, 431, 501, 505])

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
