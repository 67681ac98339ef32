import { covers } from '../attacks/covers.js'
import type { Answer, Exchange } from '../attack.js'
import type { Fault } from './fault.testkit.js'
import { fieldList } from './field-list.testkit.js'

type Has = (fault: Fault) => boolean

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const DECLARED = ['/orders/**', '/partners/**']

/** What a server says of a message before anybody looks at credentials; undefined where it leaves that to others. */
export function answerToMessage(exchange: Exchange, has: Has): Answer | undefined {
  const { method, target, version, authorization } = exchange
  const count = (name: string) => fieldList(exchange).filter(([field]) => field === name).length
  const refuse = (status: number): Answer => ({ status, fields: [], accepted: false })
  const open: Answer = { status: 200, fields: [], accepted: true, who: 'anybody' }
  const isDeclared = DECLARED.some((pattern) => covers(pattern, target.split('?')[0]!))

  if (!METHODS.has(method) && !has('any method')) return refuse(405)
  if (count('host') > 1 && !has('two hosts')) return refuse(400)
  if (count('content-length') > 0 && count('transfer-encoding') > 0 && !has('two framings')) return refuse(400)
  if (method === 'OPTIONS' && has('OPTIONS open')) return open
  if (version === '1.0' && has('HTTP/1.0 open')) return open
  if (version === '2' && has('HTTP/2 open')) return open
  if (has('old route open') && covers('/partners/**', target) && authorization.length > 0) return open
  if (!isDeclared && has('answers what nobody declared')) return { status: 200, fields: [], accepted: false }
  return undefined
}
