import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createNonces } from './nonces.js'
import { evidenceFrom } from './evidence-from.js'
import { sample, SLICE, type Sample } from './sample.testkit.js'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const NOW = 1_790_000_000
const nonces = (...secrets: readonly Uint8Array[]) => createNonces({ secrets, hop: 'orders', maxAge: 60 })

describe('a nonce', () => {
  test('is good for its age, and before it was made only as far as clocks differ', () => {
    const { current, timeOf } = nonces(OLD)
    const made = Math.floor(NOW / 15) * 15
    const nonce = current(NOW)
    expect([made - 5.1, made - 5, made + 60, made + 60.1].map((now) => timeOf(nonce, now))).toEqual([undefined, made - 5, made - 5, undefined])
  })
  test('is the same from every instance with the secret, in the same quarter of a minute', () => {
    expect(nonces(OLD).current(NOW)).toBe(nonces(OLD).current(NOW))
    expect(nonces(OLD).current(NOW)).not.toBe(nonces(OLD).current(NOW + 15))
    expect(nonces(OLD).current(NOW)).not.toBe(nonces(NEW).current(NOW))
  })
  test('of a secret that is being rotated out is still accepted, and made no more', () => {
    const [before, during, after] = [nonces(OLD), nonces(NEW, OLD), nonces(NEW)]
    expect(during.timeOf(before.current(NOW), NOW)).toBeDefined()
    expect(during.current(NOW)).toBe(after.current(NOW))
    expect(after.timeOf(before.current(NOW), NOW)).toBeUndefined()
  })
  test('of one hop is none of another', () => {
    const other = createNonces({ secrets: [OLD], hop: 'bills', maxAge: 60 })
    expect(other.timeOf(nonces(OLD).current(NOW), NOW)).toBeUndefined()
  })
  test('is not made by guessing: no byte of it can be changed', () => {
    const { current, timeOf } = nonces(OLD)
    const nonce = current(NOW)
    for (let index = 0; index < nonce.length; index++) {
      for (const character of 'A0.-z') {
        const changed = nonce.slice(0, index) + character + nonce.slice(index + 1)
        if (changed !== nonce) expect([changed, timeOf(changed, NOW)]).toEqual([changed, undefined])
      }
    }
    for (const wrong of ['', '.', `${nonce}=`, ` ${nonce}`, nonce.toUpperCase()]) expect(timeOf(wrong, NOW)).toBeUndefined()
  })
})

describe('two instances', () => {
  const change = { proof: { ...SLICE.proof, nonce: 'required' as const } }
  const instance = (like: Sample, ...nonceSecrets: readonly Uint8Array[]) => sample({ nonceSecrets, change, fetch: like.fetch })
  const ask = async ({ verifier }: Sample, token: string, proof: string) => {
    const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof] }))
    return decision.verdict === 'deny' ? decision.code : 'allow'
  }
  test('accept the nonces of each other, also while the secret is rotated', async () => {
    const first = sample({ nonceSecrets: [OLD], change })
    const second = instance(first, NEW, OLD)
    const stranger = instance(first, randomBytes(32))
    const token = first.token()
    const proof = first.proof(token, { nonce: first.verifier.nonce() })
    expect(await ask(second, token, proof)).toBe('allow')
    expect(await ask(stranger, token, proof)).toBe('proof.nonce')
    // Give every instance the new secret as one to accept before any makes nonces with it.
    expect(await ask(first, token, first.proof(token, { nonce: second.verifier.nonce() }))).toBe('proof.nonce')
    const ready = instance(first, OLD, NEW)
    expect(await ask(ready, token, first.proof(token, { nonce: second.verifier.nonce() }))).toBe('allow')
  })
})
