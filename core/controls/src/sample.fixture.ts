import type { Chain, Hop, Team, Waiver } from '@everyhop/chain'

const at = { file: 'everyhop.yaml', line: 1, column: 1 }
const team = (id: string, layer: Team['layer']): [string, Team] => [id, { id, layer, contact: `${id}@example.com`, at }]
const hop = (id: string, rest: Partial<Hop>): [string, Hop] => [
  id,
  { id, kind: 'other', owner: id, bases: [], authority: '', replayAuthority: false, keys: [], at, ...rest },
]

export const WAIVER: Waiver = {
  id: 'W-7',
  control: 'POP-ID-01',
  clients: ['billco'],
  routes: ['/orders/**'],
  audiences: [],
  reason: 'legacy',
  requestedBy: 'ann',
  approvers: [
    { by: 'bob', team: 'identity' },
    { by: 'eve', team: 'red' },
  ],
  start: 1_000_000,
  end: 1_000_000 + 30 * 86_400,
  compensating: { tokenLifetime: 300, monitoring: { channel: '#red', tested: '2026-10-20' }, allowlist: ['billco'], networks: [] },
  at,
}

/** A sound chain of an edge and an application, as a manifest would compile to. */
export const CHAIN: Chain = {
  version: 1,
  name: 'orders',
  environment: 'default',
  production: false,
  digest: '',
  teams: new Map([team('identity', 'identity'), team('edge', 'platform'), team('orders', 'application'), team('red', 'security')]),
  issuer: { url: 'https://id.example.com', owner: 'identity', tokens: { algs: ['ES256'], typ: ['at+jwt'] }, extraConfirmation: false, at },
  issuers: new Map(),
  hops: new Map([
    hop('edge', { kind: 'nginx', forward: 'attested', bases: ['https://api.example.com'] }),
    hop('orders', { kind: 'guard', replayAuthority: true }),
  ]),
  policy: { binding: ['dpop'], proofAlgs: ['ES256'], tokenLifetime: 600, proofAge: 60, proofEarly: 5, skew: 5, attestationAge: 10, nonce: 'off' },
  clients: new Map([['billco', { id: 'billco', clientId: 'billco', kind: 'partner', owner: 'identity', binding: ['dpop'], waiver: 'W-7', at }]]),
  routes: [
    {
      pattern: '/orders/**',
      application: 'orders',
      via: [['edge']],
      clients: ['billco'],
      level: 'AL2',
      audience: ['https://api.example.com'],
      body: 'uncovered',
      mode: 'attested',
      at,
    },
  ],
  waivers: new Map([['W-7', WAIVER]]),
  accountable: [],
}
