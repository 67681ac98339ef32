import { createHash, verify, createPublicKey, type KeyObject } from 'node:crypto'
import type { Exchange, Field } from '../attack.js'
import { jwkThumbprint } from '../jose.js'
import type { Fault } from './fault.testkit.js'
import { AUTHORITY, BASE, HOPS } from './world.testkit.js'

type Has = (fault: Fault) => boolean
const INPUT = /(\w+)=\(([^)]*)\)((?:;\w+=(?:"[^"]*"|\d+))*)/g
const MEMBER = /(\w+)((?:;\w+="[^"]*")+)/g

export type Received = {
  readonly exchange: Exchange
  readonly list: readonly Field[]
  readonly nonces: Set<string>
  readonly now: number
  readonly jkt: string
  /** The hops that must have signed, in this order. */
  readonly path: readonly string[]
}

/** Whether what the hops signed holds; a small reader of its own, every check of which can be left out. */
export function attestationHolds({ exchange, list, nonces, now, jkt, path }: Received, has: Has): boolean {
  const all = (name: string) => list.filter(([field]) => field === name).map(([, value]) => value)
  const [hop = '', input = '', signature = ''] = ['everyhop-hop', 'signature-input', 'signature'].map((name) => all(name)[0] ?? '')
  if (hop === '' && input === '') return has('unattested')
  if (!input || !signature) return has('link optional') || has('unattested')
  if (all('everyhop-hop').length > 1 && !has('attestation repeated')) return false

  const members = new Map([...hop.matchAll(MEMBER)].map(([, name = '', statement = '']) => [name, statement] as const))
  if (!isPath([...members.keys()], path, has)) return false
  const said = (name: string) => new RegExp(`;${name}="([^"]*)"`).exec(hop)?.[1]
  const [target = '', ...query] = exchange.target.split('?')
  if (said('m') !== exchange.method && !has('attestation method')) return false
  if (said('u') !== BASE + target && !has('attestation target')) return false
  if ((said('k') ?? '') !== jkt && !has('attestation key')) return false

  const signatures = new Map([...signature.matchAll(/(\w+)=:([^:]*):/g)].map(([, label = '', value = '']) => [label, value] as const))
  const values: ReadonlyMap<string, string> = new Map([
    ...[...members].map(([name, statement]) => [`"everyhop-hop";key="${name}"`, `?1${statement}`] as const),
    ...[...signatures].map(([label, value]) => [`"signature";key="${label}"`, `:${value}:`] as const),
    ['"authorization"', all('authorization')[0] ?? ''],
    ['"dpop"', all('dpop')[0] ?? ''],
    ['"content-digest"', all('content-digest')[0] ?? ''],
    ['"@method"', exchange.method],
    ['"@path"', target],
    ['"@query"', `?${query.join('?')}`],
  ])
  const names = [...members.keys()]
  const inputs = [...input.matchAll(INPUT)]
  for (const [whole, label = '', components = '', parameters = ''] of inputs) {
    const covered: readonly string[] = components.match(/"[^"]+"(?:;key="[^"]+")?/g) ?? []
    const wanted =
      label === 'link'
        ? ['"@method"', '"@authority"', '"@path"', '"@query"', `"signature";key="${names.at(-1)}"`]
        : [
            ...names.slice(0, names.indexOf(label) + 1).map((name) => `"everyhop-hop";key="${name}"`),
            '"authorization"',
            ...(all('dpop').length > 0 ? ['"dpop"'] : []),
          ]
    const isOfSignature = has('attestation of signatures') && covered.length === 1 && covered[0]!.startsWith('"signature"')
    if (wanted.some((name) => !covered.includes(name)) && !has('attestation coverage') && !isOfSignature) return false
    if (!parametersHold(parameters, label === 'link', nonces, now, has)) return false
    const key = keyOf(label === 'link' ? names.at(-1)! : label, parameters, has)
    if (key === undefined) {
      if (has('attestation unknown key')) continue
      return false
    }
    const authorities = has('attestation authority') ? [AUTHORITY, 'neighbour.internal'] : [AUTHORITY]
    const text = whole.slice(whole.indexOf('('))
    const bytes = Buffer.from(signatures.get(label) ?? '', 'base64')
    const isSigned = authorities.some((authority) => {
      const lines = covered.map((name) => `${name}: ${name === '"@authority"' ? authority : values.get(name)}`)
      const base = [...lines, `"@signature-params": ${text}`].join('\n')
      return verify('sha256', Buffer.from(base), { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' }, bytes)
    })
    if (!isSigned && !has('attestation signature')) return false
  }
  return inputs.length === names.length + 1
}

function isPath(names: readonly string[], path: readonly string[], has: Has): boolean {
  if (names.join() === path.join()) return true
  if (has('path left out') && names.length > 0 && names.join() === path.filter((name) => names.includes(name)).join()) return true
  return has('path order') && names.toSorted().join() === path.toSorted().join()
}

/** The key that signed, where it is one of that hop. */
function keyOf(hop: string, parameters: string, has: Has): KeyObject | undefined {
  const keyid = /;keyid="([^"]*)"/.exec(parameters)?.[1]
  const found = [...HOPS].find(([, key]) => jwkThumbprint(key) === keyid)
  return found && (found[0] === hop || has('attestation any hop')) ? found[1] : undefined
}

function parametersHold(parameters: string, isLink: boolean, nonces: Set<string>, now: number, has: Has): boolean {
  const of = (name: string) => new RegExp(`;${name}="?([^";]*)`).exec(parameters)?.[1]
  const [created, expires] = [Number(of('created')), Number(of('expires'))]
  if (of('tag') !== (isLink ? 'everyhop-link' : 'everyhop-hop') && !has('attestation tag')) return false
  if (of('alg') !== undefined && !has('attestation alg')) return false
  if (created > now + 5 && !has('attestation future')) return false
  if (expires + 5 < now && !has('attestation time')) return false
  if (expires - created > 60 && !has('attestation lifetime')) return false
  const nonce = createHash('sha256')
    .update(of('nonce') ?? '')
    .digest('hex')
  if (isLink && nonces.has(nonce) && !has('attestation nonce')) return false
  if (isLink) nonces.add(nonce)
  return true
}
