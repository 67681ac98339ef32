import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { importJWK, SignJWT, type JWK } from 'jose'
import { expect, test } from 'vitest'
import { honestClient } from './honest-client.testkit.js'
import { withLifecycle } from './lifecycle.js'
import { createStand, type Stand } from './stand.js'

/** The feed of the reference issuer as the verifier reads it, over HTTP. */

async function revoke({ runner, chain }: Stand, by: string, form: Record<string, string>): Promise<number> {
  const { clients } = JSON.parse(await readFile(runner, 'utf8')) as { readonly clients: Record<string, { clientId: string; authKey: JWK }> }
  const { clientId, authKey } = clients[by]!
  const assertion = await new SignJWT({ iss: clientId, sub: clientId, aud: chain.issuer.url, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(await importJWK(authKey, 'ES256'))
  const body = new URLSearchParams({
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    ...form,
  })
  return (await fetch(`${chain.issuer.url}/revoke`, { method: 'POST', body })).status
}

/** Each canary stands for a grant of its own. */
const GRANTS = { 'canary-a': 'contract of the first', 'canary-b': 'contract of the second' }
const withGrantClaim = (text: string): string => text.replace(/^issuer:\n/m, 'issuer:\n  grantClaim: sid\n')

/** The issuer's clock goes ahead with ours: a second passes for both. */
async function later(response: Response, ahead: number): Promise<Response> {
  const document = (await response.json()) as Record<string, unknown>
  return Response.json('watermark' in document ? { ...document, watermark: Number(document['watermark']) + ahead } : document)
}

for (const [what, form] of [
  ['its token', (token: string) => ({ token })],
  ['itself', (_: string, clientId: string) => ({ token: clientId, token_type_hint: 'everyhop_client' })],
  ['its grant', () => ({ token: 'contract of the first', token_type_hint: 'everyhop_grant' })],
] as const) {
  test(`a client that revokes ${what} is refused a second later, and another is not`, async () => {
    await withLifecycle(async (life) => {
      const stand = await createStand(life, 'sound', { keep: false, edit: withGrantClaim, grants: GRANTS })
      const { issuer, policy, probe } = stand.chain
      const base = `https://127.0.0.1:${stand.ports.edge}`
      const ids = probe!.clients
      let ahead = 0
      const verifier = createVerifier({
        slice: {
          digest: 'd',
          slice: {
            version: 1,
            chain: 'orders',
            environment: 'default',
            production: false,
            manifest: 'm',
            hop: 'orders',
            kind: 'guard',
            authority: 'orders.internal',
            bases: [base],
            replayAuthority: true,
            issuers: [
              { url: issuer.url, algs: issuer.tokens.algs, typ: issuer.tokens.typ, revocations: `${issuer.url}/revocations`, grantClaim: issuer.grantClaim! },
            ],
            proof: { algs: policy.proofAlgs, maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: policy.tokenLifetime },
            routes: [{ pattern: '/**', clients: 'any', bindings: ['dpop'], audience: [base], via: [[]], mode: 'direct', body: 'uncovered' }],
            neighbours: [],
            keys: [],
            waivers: [],
          },
        },
        replay: createMemoryReplayStore({ since: 'always' }),
        clock: () => Date.now() / 1000 + ahead,
        fetch: ((url: string, init: RequestInit) => fetch(url, init).then((response) => later(response, ahead))) as never,
      })
      const clients = await Promise.all(ids.map((id) => honestClient(stand, id)))
      const tokens = await Promise.all(clients.map(async (client) => (await client.ask()).token!))
      const outcomes = (): Promise<readonly string[]> =>
        Promise.all(
          clients.map(async (client, index) => {
            const rawHeaders = Object.entries(await client.fields(tokens[index]!, '/orders/1')).flat()
            const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }))
            return decision.verdict === 'deny' ? decision.code : 'allow'
          }),
        )
      await verifier.ready()
      expect(await outcomes()).toEqual(['allow', 'allow'])
      const [first] = ids
      expect(await revoke(stand, first!, form(tokens[0]!, stand.chain.clients.get(first!)!.clientId))).toBe(200)
      ahead = 1.01
      expect(await outcomes()).toEqual(['token.revoked', 'allow'])
    })
  })
}
