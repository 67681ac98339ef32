import type { Chain, Client, Waiver } from '@everyhop/chain'
import type { Claims, Exchange, IssuerAnswer, Lab, TokenRequest } from '../attack.js'
import { thumbprintOf } from '../attacks/thumbprint-of.js'
import { createPublicKey, verify } from 'node:crypto'
import type { Fault } from './fault.testkit.js'
import { json } from './twin-proof.testkit.js'
import type { Twin, TwinState } from './twin.testkit.js'
import { AUDIENCE, createWorld, INNER, issue, ISSUER, KEYS, NOW, type Binding } from './world.testkit.js'

const TOKEN_ENDPOINT = `${ISSUER}/token`

/** The laboratory of a scripted attack over a twin: an issuer in a function, each check of which can be left out. */
export function createLab(faults: readonly Fault[], binding: Binding, twin: Twin, state: TwinState): Lab {
  const has = (fault: Fault): boolean => faults.includes(fault)
  const { kit, honest } = createWorld(binding, state.path)
  const spent = new Set<string>()
  const proofExchange: Exchange = { method: 'POST', target: '/token', authorization: [], dpop: [], fields: [], certificate: 'none', to: { at: 'edge' } }

  const token = async (request: TokenRequest = {}): Promise<IssuerAnswer> => {
    const { proof = 'owner' } = request
    const refused: IssuerAnswer = { status: 400, error: 'invalid_dpop_proof', fields: [] }
    const audience = request.resource === undefined ? {} : { aud: request.resource }
    if (request.client === 'partner') {
      const isOver = NOW + state.elapsed >= state.waiver.end
      if (isOver && !has('issuer bearer after end')) return { status: 400, error: 'unauthorized_client', fields: [] }
      return {
        status: 200,
        fields: [],
        token: issue('victim', binding, { client_id: 'partner', cnf: undefined, iat: NOW, exp: NOW + (has('issuer long bearer') ? 900 : 60) }),
      }
    }
    if (request.client === 'thief' && has('issuer lists anybody')) return { status: 200, fields: [], token: issue('thief', binding, { cnf: undefined }) }
    if (request.fields?.some(([name]) => name === 'Client-Cert') && has('issuer trusts certificate fields'))
      return { status: 200, fields: [], token: issue('victim', 'mtls') }
    if (proof === 'none') return has('issuer without proof') ? { status: 200, fields: [], token: issue('victim', binding, { cnf: undefined }) } : refused
    const signer = typeof proof === 'function' ? proof : proof === 'owner' ? kit.owner : kit.thief
    const cnf = provenBy(signer(proofExchange, { htu: TOKEN_ENDPOINT, ath: undefined }))
    if (cnf === undefined) return refused
    const changes = { ...audience, ...(has('issuer binds nothing') ? { cnf: undefined } : { cnf }) }
    return { status: 200, fields: [], token: issue('victim', binding, changes) }
  }

  function provenBy(proof: string): Claims | undefined {
    const [head = '', body = '', tail = ''] = proof.split('.')
    const [header, claims] = [json(head), json(body)]
    const jwk = header['jwk'] as Claims
    if (claims['htu'] !== TOKEN_ENDPOINT && !has('issuer any target')) return undefined
    if (header['alg'] !== 'ES256' && !has('issuer weak keys')) return undefined
    if (spent.has(String(claims['jti'])) && !has('issuer replay')) return undefined
    spent.add(String(claims['jti']))
    const key = createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' })
    const options = header['alg'] === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key
    const isSigned = verify('sha256', Buffer.from(`${head}.${body}`), options, Buffer.from(tail, 'base64url'))
    return isSigned || has('issuer no signature') ? { jkt: thumbprintOf(jwk) } : undefined
  }

  const children = new Map<string, string[]>()
  const exchange: Lab['exchange'] = async ({ as = 'hop', subject = kit.token.value, evidence = {}, form = {} } = {}) => {
    const refused: IssuerAnswer = { status: 400, error: 'invalid_grant', fields: [] }
    const [head = '', body = '', tail = ''] = subject.split('.')
    const isOurs = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey(KEYS.issuer), dsaEncoding: 'ieee-p1363' },
      Buffer.from(tail, 'base64url'),
    )
    if (!isOurs && !has('exchange of anything')) return refused
    if (as !== 'hop' && !has('exchange by anybody')) return refused
    if ('proof' in evidence && evidence['proof'] === undefined && !has('exchange without proof')) return refused
    if (form['scope'] !== undefined && !has('exchange wider')) return refused
    const parent = json(body)
    const child = issue('victim', 'dpop', {
      aud: INNER,
      iat: NOW,
      exp: Math.min(Number(parent['exp']), NOW + 300),
      cnf: has('exchange keeps key') ? parent['cnf'] : { jkt: kit.exchanger?.key?.jkt },
      act: has('exchange names nobody') ? undefined : { sub: kit.exchanger?.hop },
    })
    const id = String(parent['jti'])
    children.set(id, [...(children.get(id) ?? []), String(child.claims['jti'])])
    return { status: 200, fields: [], token: child }
  }

  const longKit = has('issuer long tokens') ? { ...kit, token: issue('victim', binding, { iat: NOW, exp: NOW + 86_400 }) } : kit
  const revoke = (owner: string) => async (id: string, one: { readonly claims: Claims }) => {
    const jti = String(one.claims['jti'])
    if (owner === id || has('issuer revokes for anybody')) {
      for (const gone of [jti, ...(has('exchange is forgotten') ? [] : (children.get(jti) ?? []))]) state.revoked.add(gone)
    }
    return true
  }
  return {
    kit: longKit,
    honest,
    send: twin.send,
    token,
    exchange,
    revoke: (one) => revoke('victim')('victim', one),
    revokeAs: (id, one) => revoke('victim')(id, one),
    metadata: async () => ({
      issuer: has('issuer other name') ? `${ISSUER}/other` : ISSUER,
      dpop_signing_alg_values_supported: has('issuer weak algorithms') ? ['ES256', 'HS256'] : ['ES256'],
    }),
    introspect: async ({ claims }) => ({ active: true, ...(has('issuer keeps bindings to itself') ? {} : { cnf: claims['cnf'] }) }),
    earlierToken: (id) =>
      id === 'partner' && state.waiver.end <= NOW ? issue('victim', binding, { client_id: 'partner', cnf: undefined, exp: NOW + 60 }) : undefined,
    alerts: async () => (has('silent monitoring') ? [] : state.alerts),
    otherAddress: '127.0.0.9',
    seen: async (_, exchange) => twin.seen(exchange),
    wait: async (ms) => {
      state.elapsed += ms / 1_000
    },
    chain: chainOf(state),
  }
}

/** The facts of the chain that scripts read. */
function chainOf({ waiver: { end, route } }: TwinState): Chain {
  const at = { file: 'everyhop.yaml', line: 1, column: 1 }
  const partner: Client = { id: 'partner', clientId: 'partner', kind: 'partner', owner: 'orders', binding: [], waiver: 'W-7', at }
  const waiver = {
    id: 'W-7',
    clients: ['partner'],
    routes: [route],
    audiences: [],
    start: NOW - 1_000,
    end,
    compensating: { tokenLifetime: 300, monitoring: { channel: 'https://alerts.test/' }, allowlist: [], networks: ['127.0.0.1/32'] },
  }
  return {
    issuer: { url: ISSUER },
    policy: { proofAlgs: ['ES256'], tokenLifetime: 300, proofAge: 60, proofEarly: 5, skew: 5 },
    routes: ['/orders/**', '/partners/**'].map((pattern) => ({
      pattern,
      application: 'orders',
      via: [['edge']],
      clients: ['victim', 'thief'],
      audience: [AUDIENCE],
    })),
    clients: new Map([['partner', partner]]),
    waivers: new Map([['W-7', waiver as unknown as Waiver]]),
    probe: { clients: ['victim', 'thief'], resource: '/orders/canary', class: 'P2' },
    hops: new Map([['orders', { innerBase: INNER }]]),
  } as unknown as Chain
}
