import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import type { Hop } from '@everyhop/chain'
import { sha256, signCompact, thumbprintOf } from '@everyhop/proof'
import { expect, test } from 'vitest'
import { chainAt, client, now } from '../issuer.testkit.js'
import { exchangersOf } from './exchange-policy.js'
import { judgeExchange, type Child, type Refused } from './judge-exchange.js'

/** What a token that is bound to a certificate, or lives shortly, becomes; and that nothing is decided by anything but what is handed in. */
const ISSUER = 'https://id.example.com'
const BASE = 'https://api.example.com'
const INNER = 'https://inner.example.com'
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEYS = { issuer: pair(), edge: pair(), shop: pair() }
const CERTIFICATE = Buffer.from('stands for DER bytes: only their hash counts')
const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, y: y! }
}

const hop = (id: string, more: Partial<Hop>): Hop => ({
  id,
  kind: 'proxy',
  owner: 'edge',
  bases: [],
  authority: `${id}.example.com`,
  replayAuthority: true,
  keys: [],
  at: { file: 'everyhop.yaml', line: 1, column: 1 },
  ...more,
})
const chain = chainAt(ISSUER, {
  clients: [client('shop'), client('bank', { binding: ['mtls'] })],
  hops: [hop('edge', { bases: [BASE], forward: 'rebound', keys: [jwkOf(KEYS.edge.publicKey)] }), hop('app', { kind: 'guard', innerBase: INNER })],
  routes: [
    { via: [['edge']], audience: [BASE], mode: 'rebound' },
    { via: [['edge']], audience: [BASE], mode: 'rebound' },
  ],
})
const exchanger = exchangersOf(chain).get('edge')!

const token = (claims: object): string =>
  signCompact(
    { typ: 'at+jwt', kid: 'k1' },
    { iss: ISSUER, sub: 'shop', aud: BASE, client_id: 'shop', jti: randomUUID(), iat: now(), exp: now() + 600, ...claims },
    KEYS.issuer.privateKey,
  )

function judged(subjectToken: string, said: object, at = now()): Child | Refused {
  const evidence = { iss: 'edge', sub: 'edge', aud: ISSUER, iat: at, exp: at + 30, ath: sha256(subjectToken), htm: 'GET', target: '/orders/1', ...said }
  const actorToken = signCompact({ typ: 'everyhop-evidence+jwt' }, evidence, KEYS.edge.privateKey)
  const keys = { find: (_: string, kid: string | undefined) => (kid === 'k1' ? KEYS.issuer.publicKey : undefined) }
  const request = { subjectToken, actorToken, resource: INNER, scope: undefined, jkt: thumbprintOf(KEYS.edge.publicKey) }
  return judgeExchange(request, { exchanger, issuer: ISSUER, keys, grantClaim: 'sid', now: at })
}

const certified = token({ sub: 'bank', client_id: 'bank', cnf: { 'x5t#S256': sha256(CERTIFICATE) } })
const shown = (certificate: Buffer) => ({ scheme: 'Bearer', certificate: certificate.toString('base64') })

test('a token that is bound to a certificate becomes one that is bound to the key of the hop', () => {
  const child = judged(certified, shown(CERTIFICATE))
  expect(child).toMatchObject({
    client: 'bank',
    audience: INNER,
    claims: { client_id: 'bank', cnf: { jkt: thumbprintOf(KEYS.edge.publicKey) }, act: { sub: 'edge' } },
  })
})

test('not without that certificate, nor with another', () => {
  expect(judged(certified, { scheme: 'Bearer' })).toMatchObject({ error: 'invalid_grant' })
  expect(judged(certified, shown(Buffer.from('another')))).toMatchObject({ error: 'invalid_grant' })
})

test('it ends with the token that it came from, carries its grant, and is nothing where that is over', () => {
  const proofOf = (of: string) => ({
    scheme: 'DPoP',
    proof: signCompact(
      { typ: 'dpop+jwt', jwk: jwkOf(KEYS.shop.publicKey) },
      { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: sha256(of) },
      KEYS.shop.privateKey,
    ),
  })
  const bound = (claims: object) => token({ cnf: { jkt: thumbprintOf(KEYS.shop.publicKey) }, ...claims })
  const short = bound({ exp: now() + 40, sid: 'grant-1' })
  expect(judged(short, proofOf(short))).toMatchObject({ lifetime: 40, claims: { exp: now() + 40, sid: 'grant-1' } })
  const over = bound({ exp: now() - 2 })
  expect(judged(over, proofOf(over))).toMatchObject({ error: 'invalid_grant', description: 'the subject token has no life left' })
})
