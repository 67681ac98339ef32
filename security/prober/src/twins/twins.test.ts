import { describe, expect, test } from 'vitest'
import type { Attack } from '../attack.js'
import { CATALOGUE } from '../catalogue.js'
import { runAttack, type Run } from '../run-attack.js'
import type { Session } from '../session.js'
import type { Transport } from '../transport.js'
import type { Fault } from './fault.testkit.js'
import { BROKEN_BY } from './twin-table.testkit.js'
import { createLab } from './twin-lab.testkit.js'
import { createTwin, type TwinState } from './twin.testkit.js'
import { createWorld, NOW, pathFor } from './world.testkit.js'

/** Waivers as the attacks on exceptions need them: ending soon, over, or for another route. */
const WAIVERS: Readonly<Record<string, TwinState['waiver']>> = {
  'CMP-05': { end: NOW + 9_000, route: '/orders/**' },
  'CMP-02': { end: NOW + 9_000, route: '/orders/**' },
  'CMP-03a': { end: NOW - 1, route: '/orders/**' },
  'CMP-01': { end: NOW + 9_000, route: '/orders/**' },
  'CMP-04a': { end: NOW + 9_000, route: '/partners/**' },
}

/** Runs one attack with the prober's own runner against one twin, in this process. */
function run(attack: Attack, faults: readonly Fault[], waiver = WAIVERS[attack.id] ?? { end: NOW + 10, route: '/orders/**' }): Promise<Run> {
  const binding = attack.needs.includes('mtls') ? 'mtls' : 'dpop'
  const state: TwinState = {
    revoked: new Set(),
    alerts: [],
    elapsed: 0,
    waiver,
    path: pathFor(attack.needs),
    rebinds: attack.needs.some((need) => need === 'rebound' || need === 'exchange'),
  }
  const needsNonce = attack.needs.includes('nonce')
  const twin = createTwin(faults, needsNonce, state)
  // The honest requests around the attack go to a sound twin where being refused is the very finding.
  const sound = createTwin([], needsNonce, state)
  const { kit, honest } = createWorld(binding, state.path)
  const lab = createLab(faults, binding, twin, state)
  const frame = new Set<unknown>()
  const session = {
    way: { application: 'orders', path: state.path },
    victim: {},
    lab,
    kit: () => kit,
    honest: () => {
      const exchange = honest()
      frame.add(exchange)
      return exchange
    },
    renew: async () => {},
  } as unknown as Session
  const transport = {
    send: (exchange: Parameters<Transport['send']>[0]) =>
      (attack.kind === 'forge' && attack.expect === 'accepted' && frame.has(exchange) ? sound : twin).send(exchange),
    seen: async (_: string, exchange: Parameters<Transport['send']>[0]) => twin.seen(exchange),
  } as unknown as Transport
  return runAttack(attack, session, transport)
}

test('every attack has a broken twin, and every broken twin an attack', () => {
  expect(Object.keys(BROKEN_BY).sort()).toEqual(CATALOGUE.map(({ id }) => id).sort())
})

describe('each attack', () => {
  for (const attack of CATALOGUE) {
    const faults = BROKEN_BY[attack.id] ?? []
    test(`${attack.id} is held by a sound server`, async () => {
      const { outcome, reason } = await run(attack, [])
      expect(outcome, reason).toBe('held')
    })
    test(`${attack.id} breaches one that: ${faults.join(', ')}`, async () => {
      const { outcome, reason } = await run(attack, faults)
      expect(outcome, reason).toBe('breached')
    })
    if (faults.length > 1) {
      test(`${attack.id} needs all of that to breach`, async () => {
        for (const fault of faults) {
          const { outcome, reason } = await run(
            attack,
            faults.filter((one) => one !== fault),
          )
          expect(outcome, `without "${fault}": ${reason}`).not.toBe('breached')
        }
      })
    }
  }
})

describe('with a token from before the end of its waiver', () => {
  const over = { end: NOW - 1, route: '/**' }
  for (const id of ['CMP-03b', 'CMP-04a']) {
    const attack = CATALOGUE.find((one) => one.id === id)!
    test(`${id} is held by a sound server, and breaches one that forgets the end`, async () => {
      const sound = await run(attack, [], over)
      expect(sound.outcome, sound.reason).toBe('held')
      const { outcome, reason, place } = await run(attack, ['waiver end'], over)
      expect(outcome, reason).toBe('breached')
      expect(place).toBe(id === 'CMP-04a' ? 'orders' : undefined)
    })
  }

  test('CMP-03b breaches an application that forgets the end behind an edge that does not', async () => {
    const attack = CATALOGUE.find((one) => one.id === 'CMP-03b')!
    const { outcome, reason, place } = await run(attack, ['waiver end inside'], over)
    expect(outcome, reason).toBe('breached')
    expect(place).toBe('orders')
  })
})
