import { createHash, verify, createPublicKey } from 'node:crypto'
import type { Exchange, Field } from '../attack.js'
import { jwkThumbprint } from '../jose.js'
import type { Fault } from './fault.testkit.js'
import { AUTHORITY, BASE, KEYS } from './world.testkit.js'

type Has = (fault: Fault) => boolean
const INPUT = /(\w+)=\(([^)]*)\)((?:;\w+=(?:"[^"]*"|\d+))*)/g

/** Whether what the edge signed holds; a small reader of its own for one hop, every check of which can be left out. */
export function attestationHolds(exchange: Exchange, list: readonly Field[], nonces: Set<string>, now: number, jkt: string, has: Has): boolean {
  const all = (name: string) => list.filter(([field]) => field === name).map(([, value]) => value)
  const [hop = '', input = '', signature = ''] = ['everyhop-hop', 'signature-input', 'signature'].map((name) => all(name)[0] ?? '')
  if (hop === '' && input === '') return has('unattested')
  if (!input || !signature) return has('link optional') || has('unattested')
  if (all('everyhop-hop').length > 1 && !has('attestation repeated')) return false

  const said = (name: string) => new RegExp(`;${name}="([^"]*)"`).exec(hop)?.[1]
  const [path = '', ...query] = exchange.target.split('?')
  if (said('m') !== exchange.method && !has('attestation method')) return false
  if (said('u') !== BASE + path && !has('attestation target')) return false
  if ((said('k') ?? '') !== jkt && !has('attestation key')) return false

  const values: Readonly<Record<string, string>> = {
    '"everyhop-hop";key="edge"': `?1${hop.replace(/^edge/, '')}`,
    '"authorization"': all('authorization')[0] ?? '',
    '"dpop"': all('dpop')[0] ?? '',
    '"@method"': exchange.method,
    '"@path"': path,
    '"@query"': `?${query.join('?')}`,
  }
  const signatures = new Map<string, string>([...signature.matchAll(/(\w+)=:([^:]*):/g)].map(([, label = '', value = '']) => [label, value] as const))
  const inputs = [...input.matchAll(INPUT)]
  for (const [whole, label = '', components = '', parameters = ''] of inputs) {
    const names: readonly string[] = components.match(/"[^"]+"(?:;key="[^"]+")?/g) ?? []
    const wanted =
      label === 'link'
        ? ['"@method"', '"@authority"', '"@path"', '"@query"', '"signature";key="edge"']
        : ['"everyhop-hop";key="edge"', '"authorization"', ...(all('dpop').length > 0 ? ['"dpop"'] : [])]
    if (wanted.some((name) => !names.includes(name)) && !has('attestation coverage')) return false
    if (!parametersHold(parameters, label === 'link', nonces, now, has)) return false
    const authorities = has('attestation authority') ? [AUTHORITY, 'neighbour.internal'] : [AUTHORITY]
    const text = whole.slice(whole.indexOf('('))
    const bytes = Buffer.from(signatures.get(label) ?? '', 'base64')
    const isSigned = authorities.some((authority) => {
      const valueOf = (name: string) => (name === '"@authority"' ? authority : name.startsWith('"signature"') ? `:${signatures.get('edge')}:` : values[name])
      const base = [...names.map((name) => `${name}: ${valueOf(name)}`), `"@signature-params": ${text}`].join('\n')
      return verify('sha256', Buffer.from(base), { key: createPublicKey(KEYS.edge), dsaEncoding: 'ieee-p1363' }, bytes)
    })
    if (!isSigned && !has('attestation signature')) return false
  }
  return inputs.length === 2
}

function parametersHold(parameters: string, isLink: boolean, nonces: Set<string>, now: number, has: Has): boolean {
  const of = (name: string) => new RegExp(`;${name}="?([^";]*)`).exec(parameters)?.[1]
  const [created, expires] = [Number(of('created')), Number(of('expires'))]
  if (of('tag') !== (isLink ? 'everyhop-link' : 'everyhop-hop') && !has('attestation tag')) return false
  if (of('alg') !== undefined && !has('attestation alg')) return false
  if (of('keyid') !== jwkThumbprint(KEYS.edge)) return false
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
