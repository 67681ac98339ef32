import { type KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Slice } from '@everyhop/chain'
import { createKeyPair, thumbprintOf } from '@everyhop/proof'
import { createMemoryReplayStore, createVerifier, evidenceFrom, type LoadedSlice } from '@everyhop/verifier'
import { describe, expect, test } from 'vitest'
import { createDecider, type Ruling } from './decider.js'
import { credentials, edgeSlice, issuerFetch, ordersSlice } from './gateway.testkit.js'
import { keysOf, publicKeys, readKeyRing, withNewKey, withoutKey, type KeyRing } from './key-ring.js'
import type { SigningKey } from './signing-keys.js'

const jwkOf = (key: KeyObject): Slice['keys'][number] => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, ...(y === undefined ? {} : { y }) } as Slice['keys'][number]
}
const OLD = createKeyPair('ec', { namedCurve: 'P-256' })
const NEW = createKeyPair('ed25519')

const edge = (...keys: readonly { readonly publicKey: KeyObject }[]): LoadedSlice => edgeSlice({ keys: keys.map(({ publicKey }) => jwkOf(publicKey)) })
const orders = (...keys: readonly { readonly publicKey: KeyObject }[]): LoadedSlice => {
  const { slice } = ordersSlice()
  const neighbours = [{ hop: 'edge', keys: keys.map(({ publicKey }) => jwkOf(publicKey)) }]
  return { slice: { ...slice, neighbours }, digest: `orders-${keys.length}-${thumbprintOf(keys[0]!.publicKey)}` }
}

/** A hop and the application behind it, each with the keys that it was given, and clients that never rest. */
async function chain() {
  let ahead = 0
  const clock = (): number => Date.now() / 1000 + ahead
  const since = { since: 'always' } as const
  const hop = createDecider({ slice: edge(OLD), key: [{ key: OLD.privateKey }], fetch: slowly, clock })
  const application = createVerifier({ slice: orders(OLD), replay: createMemoryReplayStore(since), fetch: issuerFetch, clock })
  await Promise.all([hop.ready(), application.ready()])
  const outcomes: string[] = []
  const signers = new Set<string>()

  async function request(): Promise<void> {
    const rawHeaders = ['Host', 'api.test', ...credentials({ iat: Math.floor(clock()) })]
    const ruling: Ruling = await hop.decide({ method: 'GET', target: '/orders/1', rawHeaders, earlyData: false, removes: true })
    if (ruling.verdict !== 'pass') return void outcomes.push(ruling.refusal.body)
    for (const [, keyid] of ruling.fields.flatMap(([name, value]) => (name === 'Signature-Input' ? [...value.matchAll(/keyid="([^"]+)"/g)] : [])))
      signers.add(keyid!)
    await pause(1)
    const passed = ['Host', 'orders.internal:8080', ...rawHeaders.slice(2), ...ruling.fields.flat()]
    const decision = await application.verify(evidenceFrom({ method: 'GET', target: ruling.target, rawHeaders: passed }))
    outcomes.push(decision.verdict === 'allow' ? 'allow' : decision.code)
  }

  return { hop, application, outcomes, signers, request, forward: (seconds: number) => (ahead += seconds), clock }
}

/** Keys of the issuer take their time, so that changes come while requests are under way. */
const slowly: typeof issuerFetch = async (...given) => {
  await pause(2)
  return issuerFetch(...given)
}

describe('a rotation under load refuses no honest request', () => {
  test('each step at each place, with requests under way', async () => {
    const { hop, application, outcomes, signers, request, forward, clock } = await chain()
    const rest = new AbortController()
    const clients = Array.from({ length: 6 }, async () => {
      while (!rest.signal.aborted) await request()
    })
    const during = async (): Promise<void> => {
      const before = outcomes.length
      while (outcomes.length < before + 30) await pause(1)
    }
    /** Twelve seconds, in steps that what is under way outlives. */
    const pass = async (): Promise<void> => {
      for (const seconds of [4, 4, 4]) {
        forward(seconds)
        await during()
      }
    }
    const both: readonly SigningKey[] = [{ key: OLD.privateKey }, { key: NEW.privateKey, from: clock() + 10 }]

    await during()
    hop.reload(edge(OLD, NEW), both)
    await during()
    expect([...signers]).toEqual([thumbprintOf(OLD.publicKey)])
    application.reload(orders(OLD, NEW))
    await during()
    await pass()
    expect([...signers]).toEqual([thumbprintOf(OLD.publicKey), thumbprintOf(NEW.publicKey)])
    await pass()
    application.reload(orders(NEW))
    hop.reload(edge(NEW), [{ key: NEW.privateKey }])
    await during()
    rest.abort()
    await Promise.all(clients)
    expect(outcomes.filter((outcome) => outcome !== 'allow')).toEqual([])
  })

  test('revoked where it is verified, the old key is refused', async () => {
    const { application, outcomes, request } = await chain()
    application.reload(orders(NEW))
    await request()
    expect(outcomes).toEqual(['attestation.unknown-key'])
  })
})

describe('the keys of a hop', () => {
  const NOW = 1_790_000_000
  const one: KeyRing = readKeyRing(OLD.privateKey.export({ format: 'jwk' }) as never)

  test('a new one waits, then signs, and the old one retires', () => {
    const two = withNewKey(one, 'EdDSA', NOW + 60)
    const states = (now: number) => keysOf(two, now).map(({ alg, state }) => [alg, state])
    expect(states(NOW)).toEqual([
      ['ES256', 'signs'],
      ['EdDSA', 'waits'],
    ])
    expect(states(NOW + 60)).toEqual([
      ['ES256', 'retired'],
      ['EdDSA', 'signs'],
    ])
  })

  test('the last one stays, and one that is not there is said', () => {
    const [old] = keysOf(one, NOW)
    expect(() => withoutKey(one, old!.kid)).toThrow(/rotate first/)
    expect(() => withoutKey(one, 'other')).toThrow(/no key other/)
    expect(keysOf(withoutKey(withNewKey(one, 'ES256', NOW + 60), old!.kid), NOW).map(({ state }) => state)).toEqual(['signs'])
  })

  test('what the manifest gets holds nothing private', () => {
    const { keys } = publicKeys(withNewKey(one, 'EdDSA', NOW))
    expect(keys.map((jwk) => ['d' in jwk, 'nbf' in jwk])).toEqual([
      [false, false],
      [false, false],
    ])
  })
})
