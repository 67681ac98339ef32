import { CODES, type Code } from '@everyhop/proof'
import { expect, test } from 'vitest'
import { ask, chainAt, holder, now, proof, stand } from './issuer.testkit.js'
import { proofDefect } from './proof-age.js'

/** What is wrong with a proof is said by the codes of every other hop, in their words. */
test('a defect of the proof at the token endpoint: its status, its OAuth error, its title', async () => {
  const at = await stand()
  try {
    const shop = at.keys.get('shop')!
    const of = (claims: Record<string, unknown> = {}) => proof(shop, `${at.url}/token`, claims)
    const { key, jkt } = await holder()
    const table: readonly (readonly [code: Code, status: number, dpop: string | readonly string[]])[] = [
      // Two fields that something has joined by a comma.
      ['proof.malformed', 400, [await of(), await of()]],
      ['proof.malformed', 400, 'a.b'],
      ['proof.key', 400, await proof({ key, jkt, jwk: { kty: 'EC' } }, `${at.url}/token`)],
      ['proof.private-key', 400, await proof({ key, jkt, jwk: { ...shop.jwk, d: shop.jwk.x! } }, `${at.url}/token`)],
      ['proof.incomplete', 400, await of({ iat: undefined })],
      ['proof.stale', 400, await of({ iat: now() - 120 })],
      ['proof.early', 400, await of({ iat: now() + 120 })],
      // Made within the age that the policy allows, and before this server began: what it does not know is its own fault.
      ['replay.forgotten', 503, await of({ iat: now() - 30 })],
    ]
    for (const [code, status, dpop] of table) {
      const { body, headers, ...answer } = await ask(at, { dpop })
      const error = status === 503 ? 'temporarily_unavailable' : 'invalid_dpop_proof'
      expect([code, answer.status, body]).toEqual([code, status, { error, error_description: CODES[code].title }])
      expect([code, headers.get('cache-control'), headers.get('retry-after')]).toEqual([code, 'no-store', status === 503 ? '1' : null])
    }
  } finally {
    await at.issuer.close()
  }
})

test('two fields are refused before either is read', () => {
  expect(proofDefect(['x', 'y'], { policy: chainAt('http://127.0.0.1').policy, nonces: false, now: now(), startedAt: 0 })).toBe('proof.repeated')
})
