import { createHash, createPublicKey } from 'node:crypto'
import { judge, settle, readTarget, type Decision, type Evidence, type Policy, type RoutePolicy } from '@everyhop/proof'
import { describe, expect, test } from 'vitest'
import type { Exchange, ForgeAttack } from '../attack.js'
import { CATALOGUE } from '../catalogue.js'
import { jwkThumbprint } from '../jose.js'
import { fieldList } from './field-list.testkit.js'
import { AUDIENCE, AUTHORITY, BASE, CERTIFICATES, createWorld, HOPS, INNER, ISSUER, KEYS, NONCE, NOW, pathFor, type Binding } from './world.testkit.js'

const ALIAS = /^(?:client[-_]cert[-_]chain|client_cert|x[-_](?:ssl|forwarded-(?:client-cert|tls|user)|client-cert|user|auth|arr-|amzn-)|ssl-client|remote-user)/

/** Policies over one chain: what comes to the edge comes directly, what comes to the application must be attested, or exchanged where the edge rebinds. */
function policyOf(mode: 'direct' | 'attested', binding: Binding, needs: ForgeAttack['needs']): Policy {
  const isInside = mode === 'attested' && needs.includes('rebound')
  const route: RoutePolicy = {
    pattern: '/orders/**',
    matches: (path) => path.startsWith('/orders/'),
    clients: new Set(['victim', 'thief']),
    audiences: new Set([isInside ? INNER : AUDIENCE]),
    bindings: new Set([binding]),
    via: mode === 'direct' || isInside ? [[]] : [pathFor(needs)],
    ...(isInside ? { actors: new Set(['edge']) } : {}),
    mode: isInside ? 'direct' : mode,
    body: needs.includes('covered') ? 'covered' : 'uncovered',
  }
  return {
    hop: mode === 'direct' ? 'edge' : 'orders',
    issuers: new Map([[ISSUER, { issuer: ISSUER, algs: new Set(['ES256'] as const), typs: new Set(['at+jwt']), maxLifetime: 300, extraConfirmation: false }]]),
    bases: [readTarget(isInside ? INNER : BASE)!],
    routes: [route],
    proofAlgs: new Set(['ES256'] as const),
    maxAge: 60,
    maxEarly: 5,
    skew: 5,
    ...(needs.includes('nonce') ? { nonce: { timeOf: (nonce: string) => (nonce === NONCE ? 0 : undefined), maxAge: 120 } } : {}),
    spends: true,
    hops: new Map([...HOPS].map(([hop, key]) => [hop, { hop, keys: new Map([[jwkThumbprint(key), createPublicKey(key)]]) }])),
    authority: AUTHORITY,
    waivers: [],
    maxAttestationAge: 10,
  }
}

function evidenceOf(exchange: Exchange): Evidence {
  const list = fieldList(exchange)
  const all = (name: string) => list.filter(([field]) => field === name).map(([, value]) => value)
  return {
    now: NOW,
    method: exchange.method,
    target: exchange.target,
    authorization: all('authorization'),
    dpop: all('dpop'),
    earlyData: false,
    trailers: exchange.trailers !== undefined,
    contentSha256: createHash('sha256')
      .update(exchange.body ?? '')
      .digest('base64'),
    ...(exchange.certificate === 'none' ? {} : { certificate: CERTIFICATES[exchange.certificate] }),
    hop: {
      everyhopHop: all('everyhop-hop'),
      signature: all('signature'),
      signatureInput: all('signature-input'),
      clientCert: all('client-cert'),
      contentDigest: all('content-digest'),
      aliases: list.map(([name]) => name).filter((name) => ALIAS.test(name)),
    },
  }
}

function decide(exchanges: readonly Exchange[], { needs }: ForgeAttack): readonly Decision[] {
  const spent = new Set<string>()
  const keys = { find: (_: string, kid: string | undefined) => (kid === 'issuer-1' ? createPublicKey(KEYS.issuer) : undefined) }
  return exchanges.map((exchange) => {
    const policy = policyOf(exchange.to.at === 'edge' ? 'direct' : 'attested', needs.includes('mtls') ? 'mtls' : 'dpop', needs)
    const judged = judge(evidenceOf(exchange), policy, keys)
    if (judged.verdict === 'deny') return judged
    const answers = judged.spends.map(({ id }) => {
      const fresh = !spent.has(id)
      spent.add(id)
      return fresh ? ('fresh' as const) : ('spent' as const)
    })
    return settle(judged, answers)
  })
}

const said = (decision: Decision): string => (decision.verdict === 'allow' ? 'allow' : decision.code)

describe('the engine', () => {
  for (const attack of CATALOGUE.filter((one): one is ForgeAttack => one.kind === 'forge' && one.refusedBy === undefined)) {
    const { kit, honest } = createWorld(attack.needs.includes('mtls') ? 'mtls' : 'dpop', pathFor(attack.needs))
    const decisions = () => decide(attack.forge(honest(), kit), attack).map(said)

    test(`${attack.id}: ${attack.expect === 'refused' ? `refused as ${attack.refusedAs.join(' or ')}` : attack.expect}`, () => {
      const all = decisions()
      const last = all.at(-1)
      if (attack.expect === 'once') return expect(all.filter((one) => one === 'allow')).toHaveLength(1)
      expect(all.slice(0, -1), 'steps before the last').toEqual(all.slice(0, -1).map(() => 'allow'))
      if (attack.expect === 'accepted') return expect(last).toBe('allow')
      if (attack.expect === 'no-effect') return expect(['allow', 'path.stray']).toContain(last)
      return expect(attack.refusedAs).toContain(last)
    })
  }
})
