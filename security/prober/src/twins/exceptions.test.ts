import { expect, test } from 'vitest'
import type { Answer, Exchange, Lab, Observation, ScriptedAttack } from '../attack.js'
import { bearerFromElsewhere } from '../attacks/cmp/bearer-from-elsewhere.js'
import { bearerOffItsRoute } from '../attacks/cmp/bearer-off-its-route.js'
import { createLab } from './twin-lab.testkit.js'
import { createTwin, type TwinState } from './twin.testkit.js'
import { NOW } from './world.testkit.js'

type Send = (exchange: Exchange, sound: Lab['send']) => Promise<Answer> | Answer

/** One script against a sound twin whose answers are replaced where `send` says so. */
function run({ run: script }: ScriptedAttack, send: Send, changes: (lab: Lab) => Partial<Lab> = () => ({})): Promise<Observation> {
  const state: TwinState = { revoked: new Set(), alerts: [], elapsed: 0, waiver: { end: NOW + 9_000, route: '/orders/**' }, path: ['edge'], rebinds: false }
  const lab = createLab([], 'dpop', createTwin([], false, state), state)
  return script({ ...lab, ...changes(lab), send: async (exchange) => send(exchange, lab.send) })
}

const isBearer = ({ authorization }: Exchange) => authorization[0]?.startsWith('Bearer ')
const answer = (status: number, more: Partial<Answer> = {}): Answer => ({ status, fields: [], accepted: false, ...more })
const billing = (lab: Lab, hop: string): Lab['chain'] => ({
  ...lab.chain,
  routes: [...lab.chain.routes, { ...lab.chain.routes[1]!, pattern: '/old/**', application: hop, via: [[]] }],
})

for (const [title, given] of Object.entries({
  'no address': answer(0, { failed: 'unreachable' }),
  'no canary': answer(404),
  'a code for another reason': answer(401, { code: 'token.expired' }),
})) {
  test(`CMP-04a: ${title} on the other route shows nothing`, async () => {
    expect(await run(bearerOffItsRoute, () => given)).toMatchObject({ outcome: 'not-applicable' })
  })
}

test('CMP-04a: a refusal that honest requests get too shows nothing, one that they do not get holds', async () => {
  expect(await run(bearerOffItsRoute, () => answer(401))).toMatchObject({ outcome: 'not-applicable' })
  expect(await run(bearerOffItsRoute, (exchange, sound) => (isBearer(exchange) ? answer(401) : sound(exchange)))).toMatchObject({ outcome: 'held' })
})

test('CMP-04a: every application that lets the token in is named', async () => {
  const open: Send = (exchange, sound) => (isBearer(exchange) ? answer(200, { accepted: true, who: 'partner' }) : sound(exchange))
  const seen = await run(bearerOffItsRoute, open, (lab) => ({ chain: billing(lab, 'archive') }))
  expect(seen).toMatchObject({ outcome: 'breached', place: 'orders', alsoAt: ['archive'] })
  expect(seen.reason).toContain('/partners/** and /old/**')
})

test('CMP-04a: one route that holds does not hide another that lets the token in, and enters where its clients do', async () => {
  const entered: unknown[] = []
  const open: Send = (exchange, sound) => {
    if (!isBearer(exchange)) return sound(exchange)
    entered.push([exchange.target.split('?')[0], exchange.to])
    return exchange.to.at === 'base' ? answer(200, { accepted: true }) : answer(401, { code: 'waiver.scope' })
  }
  const seen = await run(bearerOffItsRoute, open, (lab) => ({ chain: billing(lab, 'archive') }))
  expect(seen).toMatchObject({ outcome: 'breached', place: 'archive' })
  expect(entered).toEqual([
    ['/partners/canary', { at: 'edge' }],
    ['/old/canary', { at: 'base', hop: 'archive' }],
  ])
})

test('CMP-04a: an observed route is left out, since what it lets in shows nothing, and what others do is about them', async () => {
  const open: Send = (exchange, sound) => (isBearer(exchange) ? answer(200, { accepted: true, who: 'partner' }) : sound(exchange))
  const observing = (until: number) => (lab: Lab) => ({
    chain: { ...lab.chain, routes: lab.chain.routes.map((route, index) => (index === 1 ? { ...route, observeUntil: until } : route)) },
  })
  expect(await run(bearerOffItsRoute, open, observing(NOW + 1))).toMatchObject({ outcome: 'not-applicable' })
  expect(await run(bearerOffItsRoute, open, observing(NOW))).toMatchObject({ outcome: 'breached', place: 'orders', isElsewhere: true })
})

test('CMP-01: a token that is refused within its networks too shows nothing', async () => {
  expect(await run(bearerFromElsewhere, () => answer(401))).toMatchObject({ outcome: 'inconclusive' })
})

test('CMP-01: without an address outside there is nothing to send from', async () => {
  const seen = await run(
    bearerFromElsewhere,
    (exchange, sound) => sound(exchange),
    () => ({ otherAddress: '127.0.0.1' }),
  )
  expect(seen).toMatchObject({ outcome: 'not-applicable' })
})

test('CMP-01: a hop that believes a forwarded address is caught, although it refuses the token from within without one', async () => {
  const seen = await run(bearerFromElsewhere, ({ fields }) => (fields.length > 0 ? answer(200, { accepted: true }) : answer(401, { code: 'waiver.network' })))
  expect(seen).toMatchObject({ outcome: 'breached', place: 'edge', reason: expect.stringContaining('X-Forwarded-For') })
})

test('CMP-01: refused for another reason than the network is not held', async () => {
  const seen = await run(bearerFromElsewhere, ({ from }) => (from === undefined ? answer(200, { accepted: true }) : answer(401, { code: 'token.expired' })))
  expect(seen).toMatchObject({ outcome: 'masked' })
})
