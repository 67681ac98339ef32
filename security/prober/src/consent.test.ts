import { generateKeyPairSync } from 'node:crypto'
import type { Chain } from '@everyhop/chain'
import { expect, test } from 'vitest'
import { permissionFor, runnerThumbprint } from './consent.js'
import { pinOrigin } from './origin.js'

const { privateKey: key } = generateKeyPairSync('ed25519')
const NOW = Date.parse('2026-06-01T00:00:00Z') / 1000
const chain = { environment: 'staging', production: false, probe: { clients: [], resource: '/c', class: 'P3' } } as unknown as Chain
/** A name that leads to this machine counts as somebody else's. */
const foreign = await pinOrigin('https://api.example', async () => '127.0.0.1')
const own = await pinOrigin('http://127.0.0.1:1')

const honest = { runner: runnerThumbprint(key), environment: 'staging', class: 'P2', end: '2026-06-02T00:00:00Z' }
const ask = (document: unknown, of = chain) =>
  permissionFor(of, [foreign, own], key, async () => (document === undefined ? undefined : JSON.stringify(document)), NOW)

test('this machine needs no consent', async () => {
  const nobody = async (): Promise<undefined> => {
    throw new Error('asked')
  }
  expect(await permissionFor(chain, [own], key, nobody, NOW)).toMatchObject({ class: 'P3' })
})

test('a consent permits the class that it names', async () => {
  expect(await ask(honest)).toMatchObject({ class: 'P2', requestsPerSecond: 20 })
  expect(await ask({ ...honest, class: 'P3' })).toMatchObject({ class: 'P3' })
})

test('production never permits more than P2', async () => {
  expect(await ask({ ...honest, class: 'P3' }, { ...chain, production: true })).toMatchObject({ class: 'P2' })
})

for (const [title, document] of Object.entries({
  'no document': undefined,
  'another runner': { ...honest, runner: 'x' },
  'another environment': { ...honest, environment: 'production' },
  'a consent that is over': { ...honest, end: '2026-06-01T00:00:00Z' },
  'an end that is no time': { ...honest, end: 'never' },
  'an unknown class': { ...honest, class: 'P9' },
})) {
  test(`${title}: production's rules, P1 and one request a second`, async () => {
    expect(await ask(document)).toMatchObject({ class: 'P1', requestsPerSecond: 1 })
  })
}
