import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { start, type Mount } from './applications.js'
import type { Stand } from './stand.js'

/** An application that believes the edge: a good attestation opens it, and it never looks at token or proof. */
export async function startBelieving(stand: Stand, hop: string, mount: Mount): Promise<void> {
  const { chain } = stand
  const keys = [...chain.hops.values()].flatMap((one) => one.keys).map((jwk) => createPublicKey({ key: { ...jwk }, format: 'jwk' }))
  const authority = chain.hops.get(hop)?.authority ?? ''
  const believe: RequestHandler = (request, response, next) => {
    if (isAttested(request, authority, keys)) next()
    else response.sendStatus(401)
  }
  await start(stand, mount, believe, (request) => /;k="([^"]*)"/.exec(request.get('everyhop-hop') ?? '')?.[1] ?? '')
}

/** Whether each signature on a request holds under one of the keys, and has not expired. RFC 9421 §3.2. */
function isAttested(request: Request, authority: string, keys: readonly KeyObject[]): boolean {
  const [path = '', query = ''] = request.originalUrl.split('?', 2)
  const derived: Readonly<Record<string, string>> = { '@method': request.method, '@authority': authority, '@path': path, '@query': `?${query}` }
  const signatures = new Map([...(request.get('signature') ?? '').matchAll(/([a-z-]+)=:([^:]*):/g)].map(([, label = '', value = '']) => [label, value]))
  const inputs = [...(request.get('signature-input') ?? '').matchAll(/([a-z-]+)=(\(([^)]*)\)[^,]*)/g)]
  const valueOf = (name: string, key: string | undefined): string => {
    if (name === 'signature') return `:${signatures.get(key ?? '') ?? ''}:`
    if (name === 'everyhop-hop') return `?1${(request.get(name) ?? '').slice(key?.length)}`
    return derived[name] ?? request.get(name) ?? ''
  }
  const holds = ([, label = '', input = '', components = '']: RegExpMatchArray): boolean => {
    const lines = [...components.matchAll(/"([^"]+)"(?:;key="([^"]+)")?/g)].map(([whole, name = '', key]) => `${whole}: ${valueOf(name, key)}`)
    const base = Buffer.from([...lines, `"@signature-params": ${input}`].join('\n'))
    const expires = Number(/;expires=(\d+)/.exec(input)?.[1])
    const signature = Buffer.from(signatures.get(label) ?? '', 'base64')
    return expires > Date.now() / 1000 && keys.some((key) => verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature))
  }
  return inputs.length === 2 && inputs.some(([, label]) => label === 'link') && inputs.every(holds)
}
