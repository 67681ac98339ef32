import { createHash } from 'node:crypto'
import type { Hop } from '@everyhop/chain'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, askBound, assertion, holder, now, ORDERS, part, proof, recorder, stand, type Answered, type Holder, type Stand } from '../issuer.testkit.js'

/** edge and inner both rebind: edge for the clients, inner for edge. */
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const BASE = 'https://api.example.com'
const INNER = 'https://inner.example.com'
const APPLICATION = 'http://orders.internal:8080'
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')

let at: Stand
let edge: Holder
let inner: Holder
let client: Holder
const sink = recorder()

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

beforeAll(async () => {
  ;[edge, inner] = await Promise.all([holder(), holder()])
  at = await stand(
    {
      hops: [
        hop('edge', { bases: [BASE], forward: 'rebound', keys: [edge.jwk as never] }),
        hop('inner', { innerBase: INNER, forward: 'rebound', keys: [inner.jwk as never] }),
        hop('app', { kind: 'guard', innerBase: APPLICATION }),
      ],
      routes: [
        { via: [['edge', 'inner']], mode: 'rebound' },
        { via: [['edge']], mode: 'rebound' },
      ],
      grantClaim: 'sid',
    },
    { sink, grants: { rival: 'contract-7' } },
  )
  client = at.keys.get('shop')!
})
afterAll(() => at.issuer.close())

type Asking = {
  readonly hop?: string
  readonly as?: Holder
  readonly key?: Holder
  readonly evidence?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly signer?: Holder
  readonly form?: Readonly<Record<string, string | readonly string[]>>
}

const ownToken = async (form: Record<string, string> = {}): Promise<string> => String((await askBound(at, { form })).body['access_token'])

const proofOf = (who: Holder, token: string, claims: Record<string, unknown> = {}): Promise<string> =>
  proof(who, `${BASE}/orders/1`, { htm: 'GET', ath: hash(token), ...claims })

/** What a hop says of the client's request. */
const said = (token: string, hopId: string, claims: Record<string, unknown>, signer: Holder, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT({
    iss: hopId,
    sub: hopId,
    aud: at.url,
    iat: now(),
    exp: now() + 30,
    ath: hash(token),
    htm: 'GET',
    target: '/orders/1',
    scheme: 'DPoP',
    ...claims,
  })
    .setProtectedHeader({ typ: 'everyhop-evidence+jwt', alg: 'ES256', ...header })
    .sign(signer.key)

async function exchange(
  token: string,
  { hop: id = 'edge', as = edge, key = as, evidence = {}, header, signer = as, form = {} }: Asking = {},
): Promise<Answered> {
  const actor = await said(token, id, { proof: await proofOf(client, token), ...evidence }, signer, header)
  return ask(at, {
    id,
    as,
    dpop: await proof(key, `${at.url}/token`),
    form: {
      grant_type: EXCHANGE,
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      actor_token: actor,
      actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      resource: INNER,
      ...form,
    },
  })
}

test("the new token is the hop's own, for the next hop, and lives five minutes at most", async () => {
  const token = await ownToken({ scope: 'orders.read' })
  const { status, body, headers } = await exchange(token)
  expect([status, body['error_description']]).toEqual([200, undefined])
  expect(headers.get('cache-control')).toContain('no-store')
  expect(body).toMatchObject({ token_type: 'DPoP', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', expires_in: 300, scope: 'orders.read' })
  const claims = part(body['access_token'], 1)
  expect(claims).toMatchObject({ iss: at.url, aud: INNER, sub: 'shop', client_id: 'shop', scope: 'orders.read', cnf: { jkt: edge.jkt }, act: { sub: 'edge' } })
  expect([claims.exp - claims.iat, claims.jti === part(token, 1).jti, part(body['access_token'], 0)['typ']]).toEqual([300, false, 'at+jwt'])
  expect(sink.issued.at(-1)).toMatchObject({ client: 'shop', audience: INNER, binding: ['dpop'], lifetime: 300, actor: 'edge' })
})

test('a second hop exchanges what the first was given, and both are named, the last outermost', async () => {
  const first = String((await exchange(await ownToken())).body['access_token'])
  const evidence = { proof: await proof(edge, `${INNER}/orders/1`, { htm: 'GET', ath: hash(first) }) }
  const { status, body } = await exchange(first, { hop: 'inner', as: inner, evidence, form: { resource: APPLICATION } })
  expect([status, body['error_description']]).toEqual([200, undefined])
  expect(part(body['access_token'], 1)).toMatchObject({
    aud: APPLICATION,
    client_id: 'shop',
    cnf: { jkt: inner.jkt },
    act: { sub: 'inner', act: { sub: 'edge' } },
  })
  expect(Number(body['expires_in'])).toBeLessThanOrEqual(300)
})

type Refusal = readonly [status: number, error: string]
const GRANT: Refusal = [400, 'invalid_grant']
const REFUSED: readonly (readonly [string, (token: string) => Asking | Promise<Asking>, Refusal])[] = [
  ["without the client's proof", () => ({ evidence: { proof: undefined } }), GRANT],
  ["with a thief's proof", async (token) => ({ evidence: { proof: await proofOf(await holder(), token) } }), GRANT],
  ['with a proof of another request', async (token) => ({ evidence: { proof: await proofOf(client, token, { htm: 'POST' }) } }), GRANT],
  ['with a proof that is over', async (token) => ({ evidence: { proof: await proofOf(client, token, { iat: now() - 90 }) } }), GRANT],
  ['for a path that is no route of the hop', () => ({ evidence: { target: '/admin' } }), GRANT],
  ['by a key that is not registered for the hop', async () => ({ key: await holder() }), [400, 'invalid_dpop_proof']],
  ['as another hop', () => ({ as: inner }), [401, 'invalid_client']],
  ['with evidence that another hop signed', () => ({ signer: inner }), GRANT],
  ['with evidence of another hop', () => ({ evidence: { iss: 'inner', sub: 'inner' } }), GRANT],
  ['with evidence for another issuer', () => ({ evidence: { aud: 'https://other.example.com' } }), GRANT],
  ['with evidence of another token', () => ({ evidence: { ath: hash('other') } }), GRANT],
  ['with evidence that is over', () => ({ evidence: { iat: now() - 60, exp: now() - 30 } }), GRANT],
  ['with evidence that lives long', () => ({ evidence: { exp: now() + 3_600 } }), GRANT],
  ['with evidence of another type', () => ({ header: { typ: 'JWT' } }), GRANT],
  ['for an audience that is not the next hop', () => ({ form: { resource: APPLICATION } }), [400, 'invalid_target']],
  ["for the client's own audience", () => ({ form: { resource: ORDERS } }), [400, 'invalid_target']],
  ['for two audiences', () => ({ form: { resource: [INNER, APPLICATION] } }), [400, 'invalid_request']],
  ['with more scope', () => ({ form: { scope: 'orders.read' } }), [400, 'invalid_scope']],
  ['for another kind of token', () => ({ form: { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' } }), [400, 'invalid_request']],
  ['of another kind of token', () => ({ form: { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' } }), [400, 'invalid_request']],
  ['of a token that the hop wrote itself', async (token) => selfWritten(token), GRANT],
  ['of no token', () => ({ form: { subject_token: 'x' } }), GRANT],
]

async function selfWritten(token: string): Promise<Asking> {
  const { kid } = part(token, 0) as unknown as { kid: string }
  const forged = await new SignJWT(part(token, 1)).setProtectedHeader({ typ: 'at+jwt', alg: 'ES256', kid }).sign(edge.key)
  return { evidence: { ath: hash(forged), proof: await proofOf(client, forged) }, form: { subject_token: forged } }
}
for (const [what, change, [status, error]] of REFUSED) {
  test(`refused: ${what}`, async () => {
    const token = await ownToken()
    const answer = await exchange(token, await change(token))
    expect([answer.status, answer.body['error']]).toEqual([status, error])
    expect(answer.body['access_token']).toBeUndefined()
  })
}

test('refused: a client that is no hop, with its own token', async () => {
  const token = await ownToken()
  const { status, body } = await exchange(token, { hop: 'shop', as: client })
  expect([status, body['error']]).toEqual([400, 'invalid_request'])
})

test('refused: a hop asks for a token without anybody else', async () => {
  const { status, body } = await ask(at, { id: 'edge', as: edge, dpop: await proof(edge, `${at.url}/token`), form: { resource: INNER } })
  expect([status, body['error']]).toEqual([400, 'invalid_request'])
})

test("the client does not get the next hop's audience by itself", async () => {
  expect((await askBound(at, { form: { resource: INNER } })).body['error']).toBe('invalid_target')
})

test('one proof, one exchange', async () => {
  const token = await ownToken()
  const evidence = { proof: await proofOf(client, token) }
  const answers = await Promise.all([exchange(token, { evidence }), exchange(token, { evidence })])
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
})

test('a token that was revoked is not exchanged, and what was exchanged from it before is revoked with it', async () => {
  const token = await ownToken()
  const child = String((await exchange(token)).body['access_token'])
  const evidence = { proof: await proof(edge, `${INNER}/orders/1`, { htm: 'GET', ath: hash(child) }) }
  const grandchild = String((await exchange(child, { hop: 'inner', as: inner, evidence, form: { resource: APPLICATION } })).body['access_token'])
  const revoking = { token, client_assertion: await assertion(at.url, 'shop', client) }
  expect((await ask(at, { path: '/revoke', form: revoking })).status).toBe(200)
  const { body } = await exchange(token)
  expect([body['error'], body['error_description']]).toEqual(['invalid_grant', 'the token, its grant or a key was revoked'])
  const feed = (await (await fetch(`${at.url}/revocations`)).json()) as { revoked: { id: string }[] }
  const ids = feed.revoked.map(({ id }) => id)
  for (const one of [token, child, grandchild]) expect(ids).toContain(hash(part(one, 1).jti))
})

test('what is exchanged comes from the same grant, and ends with it', async () => {
  const rival = at.keys.get('rival')!
  const token = String((await askBound(at, { id: 'rival' })).body['access_token'])
  const exchanged = async () => exchange(token, { evidence: { proof: await proofOf(rival, token) } })
  expect(part((await exchanged()).body['access_token'], 1)['sid']).toBe('contract-7')
  expect((await ask(at, { id: 'rival', path: '/revoke', form: { token: 'contract-7', token_type_hint: 'everyhop_grant' } })).status).toBe(200)
  expect((await exchanged()).body['error_description']).toBe('the token, its grant or a key was revoked')
})

test('metadata tell of the grant', async () => {
  const metadata = (await (await fetch(`${at.url}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>
  expect(metadata['grant_types_supported']).toEqual(['client_credentials', EXCHANGE])
})
