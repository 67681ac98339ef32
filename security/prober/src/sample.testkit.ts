import type { Chain, Hop } from '@everyhop/chain'
import type { Exchange, Sighting } from './attack.js'
import type { Way } from './session.js'

const at = { file: 'everyhop.yaml', line: 1, column: 1 }
const team = (id: string, layer: 'identity' | 'platform' | 'application' | 'security') => [id, { id, layer, contact: `${id}@example.com`, at }] as const
const hop = (id: string, owner: string, more: Partial<Hop> = {}): readonly [string, Hop] => [
  id,
  { id, kind: 'nginx', owner, bases: [], authority: `${id}.internal`, forward: 'passthrough', replayAuthority: false, keys: [], at, ...more },
]

const application = { kind: 'guard' as const, replayAuthority: true }

/** Client, edge, mesh, orders: three hops of three teams, and a network that is somebody else's again. */
export function sampleChain(edge: Partial<Hop> = {}, probe: Partial<Chain['probe'] & object> = {}): Chain {
  const orders = hop('orders', 'orders', application)
  delete (orders[1] as { forward?: unknown }).forward
  return {
    version: 1,
    name: 'orders',
    environment: 'default',
    production: false,
    digest: 'digest',
    teams: new Map([
      team('identity', 'identity'),
      team('edge', 'platform'),
      team('mesh', 'platform'),
      team('network', 'platform'),
      team('orders', 'application'),
      team('red', 'security'),
    ]),
    issuer: { url: 'http://127.0.0.1:1', owner: 'identity', tokens: { algs: ['ES256'], typ: ['at+jwt'] }, extraConfirmation: false, at },
    issuers: new Map(),
    hops: new Map([hop('edge', 'edge', { bases: ['http://127.0.0.1:2'], ...edge }), hop('mesh', 'mesh'), orders]),
    policy: { binding: ['dpop'], proofAlgs: ['ES256'], tokenLifetime: 600, proofAge: 60, proofEarly: 5, skew: 5, attestationAge: 10, nonce: 'off' },
    clients: new Map(),
    routes: [
      {
        pattern: '/orders/**',
        application: 'orders',
        via: [['edge', 'mesh']],
        clients: [],
        level: 'AL2',
        audience: ['https://api.example'],
        body: 'uncovered',
        mode: 'passthrough',
        at,
      },
    ],
    waivers: new Map(),
    accountable: [],
    network: 'network',
    probe: { clients: ['canary-a', 'canary-b'], resource: '/orders/canary', class: 'P3', ...probe },
  }
}

export function wayOver(chain: Chain, path: readonly string[]): Way {
  return { route: chain.routes[0]!, path, entry: { hop: path[0] ?? 'orders', base: 'http://127.0.0.1:2' }, application: 'orders' }
}

export const HONEST: Exchange = {
  method: 'GET',
  target: '/orders/canary?everyhop-challenge=abc',
  authorization: ['DPoP token'],
  dpop: ['proof'],
  fields: [],
  certificate: 'none',
  to: { at: 'edge' },
}

/** A witness's report: everything arrived as sent, but the fields named. */
export function sighting({
  lost = [],
  counts = {},
  arrived = true,
}: { readonly lost?: readonly string[]; readonly counts?: Readonly<Record<string, number>>; readonly arrived?: boolean } = {}): Sighting {
  return { arrived, intact: (name) => arrived && !lost.includes(name), count: (name) => counts[name] ?? (lost.includes(name) ? 0 : 1) }
}
