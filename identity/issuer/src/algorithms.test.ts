import { randomUUID } from 'node:crypto'
import type { ProofAlg, TokenAlg } from '@everyhop/chain'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { ask, client, now, part, stand, type Stand } from './issuer.testkit.js'

const PROOF_ALGS: readonly ProofAlg[] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512']
const TOKEN_ALGS: readonly TokenAlg[] = [...PROOF_ALGS, 'RS256']

let at: Stand | undefined
afterEach(async () => {
  await at?.issuer.close()
  at = undefined
})

async function proofBy(alg: string, url: string, iat = now()) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  const claims = { htm: 'POST', htu: `${url}/token`, jti: randomUUID(), iat }
  return { dpop: await new SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg, jwk }).sign(privateKey), jkt: await calculateJwkThumbprint(jwk) }
}

describe('a proof is taken by the algorithms that the policy names', () => {
  for (const alg of PROOF_ALGS) {
    test(alg, async () => {
      at = await stand({ policy: { proofAlgs: [alg] } })
      const { dpop, jkt } = await proofBy(alg, at.url)
      const { status, body } = await ask(at, { dpop })
      expect([status, part(body['access_token'], 1).cnf]).toEqual([200, { jkt }])
      const other = await proofBy(alg === 'ES256' ? 'EdDSA' : 'ES256', at.url)
      expect(await ask(at, { dpop: other.dpop })).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
    })
  }

  test('RS256, which no policy can name', async () => {
    at = await stand({ policy: { proofAlgs: PROOF_ALGS } })
    const { dpop } = await proofBy('RS256', at.url)
    expect(await ask(at, { dpop })).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  })
})

describe('a token is signed as the chain declares, with a key of its own making', () => {
  for (const alg of TOKEN_ALGS) {
    test(alg, async () => {
      at = await stand({ algs: [alg] })
      const { dpop } = await proofBy('ES256', at.url)
      expect(part((await ask(at, { dpop })).body['access_token'], 0)).toMatchObject({ alg, typ: 'at+jwt' })
    })
  }
})

test('a proof may be as far ahead as the policy says, and no further', async () => {
  at = await stand({ policy: { proofEarly: 30, skew: 5 } })
  const early = async (ahead: number) => (await ask(at!, { dpop: (await proofBy('ES256', at!.url, now() + ahead)).dpop })).status
  expect([await early(20), await early(60)]).toEqual([200, 400])
})

test('a client of another issuer cannot be registered at this one', async () => {
  await expect(stand({ clients: [client('shop', { issuer: 'partner' })] })).rejects.toMatchObject({ code: 'config.client' })
})
