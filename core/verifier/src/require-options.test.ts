import { expect, test } from 'vitest'
import type { Slice } from '@everyhop/chain'
import { createMemoryReplayStore } from './replay/memory.js'
import type { ReplayStore } from './replay/replay-store.js'
import { createMemoryRevocationStore } from './revocation/memory-revocation-store.js'
import { sample, SLICE } from './sample.testkit.js'

const SHARED: ReplayStore = { spend: () => Promise.resolve('fresh') }
const SECRETS = [Buffer.alloc(32, 1)]
const NONCES = { proof: { ...SLICE.proof, nonce: 'required' as const } }
const WAIVER = {
  id: 'W-1',
  clients: ['shop'],
  routes: ['/orders/**'],
  audiences: [],
  start: 0,
  end: 2_000_000_000,
  tokenLifetime: 60,
  networks: ['10.0.0.0/8'],
}
type Options = Parameters<typeof sample>[0]

const stops: readonly (readonly [what: string, code: string, options: Options, change?: Partial<Slice>])[] = [
  ['no replay store', 'config.replay-missing', { replay: undefined as never }],
  [
    'no replay store where attestations are spent',
    'config.replay-missing',
    { replay: undefined as never },
    { replayAuthority: false, routes: [{ ...SLICE.routes[0]!, mode: 'attested' }] },
  ],
  ['a store of this process in production', 'config.replay-unshared', { replay: createMemoryReplayStore() }, { production: true }],
  [
    'revocations of this process in production',
    'config.revocations-unshared',
    { replay: SHARED, revocations: createMemoryRevocationStore() },
    { production: true },
  ],
  ['a grace without end', 'config.revocation-grace', { revocationGraceSeconds: Infinity }],
  ['a grace below nothing', 'config.revocation-grace', { revocationGraceSeconds: -1 }],
  ['no nonce secret', 'config.nonce-secret', {}, NONCES],
  ['an empty list of nonce secrets', 'config.nonce-secret', { nonceSecrets: [] }, NONCES],
  ['a nonce secret of 31 bytes', 'config.nonce-secret', { nonceSecrets: [Buffer.alloc(31, 1)] }, NONCES],
  ['a second nonce secret of 31 bytes', 'config.nonce-secret', { nonceSecrets: [...SECRETS, Buffer.alloc(31, 1)] }, NONCES],
  ['nonces of a hop that is not the authority', 'config.nonce-authority', { nonceSecrets: SECRETS }, { ...NONCES, replayAuthority: false }],
  ['no external base', 'config.base-missing', {}, { bases: [] }],
  ['an external base that is none', 'config.base', {}, { bases: ['api.test'] }],
  ['an authority that is none', 'config.authority', {}, { authority: 'http://orders.internal/' }],
  ['a key of a hop that is none', 'config.hop-key', {}, { neighbours: [{ hop: 'edge', keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } as never] }] }],
  ['a waiver for something that is no network', 'config.network', {}, { waivers: [{ ...WAIVER, networks: ['office'] }] }],
  ['a waiver for a network of no size', 'config.network', {}, { waivers: [{ ...WAIVER, networks: ['10.0.0.0/33'] }] }],
  ['a waiver for a network of half a size', 'config.network', {}, { waivers: [{ ...WAIVER, networks: ['10.0.0.0/'] }] }],
  ['a deadline of nothing', 'config.spend-deadline', { spendDeadlineMs: 0 }],
  ['a deadline without end', 'config.spend-deadline', { spendDeadlineMs: Infinity }],
]
for (const [what, code, options, change = {}] of stops) {
  test(`${what} stops the start`, () => {
    expect(() => sample({ ...options, change })).toThrow(expect.objectContaining({ name: 'ConfigError', code }) as Error)
  })
}

const starts: readonly (readonly [what: string, options: Options, change?: Partial<Slice>])[] = [
  ['a shared store in production', { replay: SHARED }, { production: true }],
  ['revocations of the only process in production', { replay: SHARED, revocations: createMemoryRevocationStore(), singleInstance: true }, { production: true }],
  ['a grace of five minutes', { revocationGraceSeconds: 300 }],
  ['a store of the only process in production', { replay: createMemoryReplayStore(), singleInstance: true }, { production: true }],
  ['no store where nothing is spent', { replay: undefined as never }, { replayAuthority: false }],
  ['nonce secrets of 32 bytes', { nonceSecrets: SECRETS }, NONCES],
  ['a waiver for networks', {}, { waivers: [{ ...WAIVER, networks: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '0.0.0.0/0'] }] }],
  ['nonce secrets that no policy asks for yet', { nonceSecrets: SECRETS }],
]
for (const [what, options, change = {}] of starts) {
  test(`${what} does not`, () => {
    expect(() => sample({ ...options, change })).not.toThrow()
  })
}

test('a slice that does not fit is not put in force later either', () => {
  const { verifier } = sample()
  expect(() => verifier.reload({ slice: { ...SLICE, production: true }, digest: 'next' })).toThrow(/singleInstance/)
  expect(verifier.slice().digest).toBe('digest')
})

test('a store that is not set up as it must be is not ready', async () => {
  const { verifier } = sample({ replay: { ...SHARED, ready: () => Promise.reject(new Error('evicting')) } })
  await expect(verifier.ready()).rejects.toThrow('evicting')
})
