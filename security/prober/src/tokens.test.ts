import { createKeyPair } from './create-key-pair.js'
import { expect, test } from 'vitest'
import { decode } from './jose.js'
import type { RunnerClient } from './runner-client.js'
import { proofSigner, requestToken } from './tokens.js'
import type { Transport } from './transport.js'
import type { WireAnswer, WireRequest } from './wire.js'

const TOKEN_ENDPOINT = 'https://id.example/token'
const signer = proofSigner(createKeyPair('ec', { namedCurve: 'P-256' }).privateKey, 'https://api.example', () => 1_000)

/** An issuer that answers with what it is given, in turn; it notes what it was sent. */
async function ask(client: Partial<RunnerClient>, ...answers: readonly WireAnswer[]) {
  const sent: WireRequest[] = []
  const transport = { request: async (_: string, wire: WireRequest) => answers[sent.push(wire) - 1] } as unknown as Transport
  const setting = { transport, metadata: { token_endpoint: TOKEN_ENDPOINT }, issuer: 'https://id.example', resource: 'https://api.example', now: () => 1_000 }
  const answer = await requestToken(setting, { clientId: 'canary', auth: { by: 'secret', secret: 's', in: 'body' }, origins: new Set(), ...client }, {}, signer)
  const proofs = sent.map(({ fields }) => decode(fields.find(([name]) => name === 'DPoP')?.[1] ?? '').claims)
  return { answer, proofs, forms: sent.map(({ body }) => Object.fromEntries(new URLSearchParams(body))) }
}

const granted: WireAnswer = { status: 200, fields: [], body: '{"access_token":"a.b.c","token_type":"DPoP"}' }
const wantsNonce: WireAnswer = { status: 400, fields: [['DPoP-Nonce', 'fresh']], body: '{"error":"use_dpop_nonce"}' }

test('a proof for the token endpoint, and the nonce that the issuer asks for', async () => {
  const { answer, proofs } = await ask({}, wantsNonce, granted)
  expect(answer.token?.value).toBe('a.b.c')
  expect(proofs).toMatchObject([
    { htm: 'POST', htu: TOKEN_ENDPOINT },
    { htu: TOKEN_ENDPOINT, nonce: 'fresh' },
  ])
  expect(proofs[0]).not.toHaveProperty('nonce')
})

test('an issuer that is never content is asked twice', async () => {
  const { answer, forms } = await ask({}, wantsNonce, wantsNonce, granted)
  expect([answer.token, answer.error, forms.length]).toEqual([undefined, 'use_dpop_nonce', 2])
})

test('what the runner file says besides, and what it leaves out', async () => {
  const { forms } = await ask({ form: { scope: 'orders', resource: '' } }, granted)
  expect(forms).toEqual([{ client_id: 'canary', client_secret: 's', grant_type: 'client_credentials', scope: 'orders' }])
})
