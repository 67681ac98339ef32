import { afterEach, expect, test } from 'vitest'
import { startChain } from './chain.testkit.js'
import { probe } from './probe.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

test('with one client the thief is the same one with another key, and what needs two is not applicable', async () => {
  const { chain, runner } = await startChain(closers, {
    edge: () => undefined,
    application: ({ headers }) => (headers['dpop'] === undefined ? 401 : undefined),
  })
  const one = { ...chain, probe: { ...chain.probe!, clients: ['canary-a'] } }
  const { attacks } = await probe({ chain: one, runner, only: ['KEY-01', 'TOK-01', 'FWD-01', 'REV-10'] })
  expect(Object.fromEntries(attacks.map(({ attack, outcome }) => [attack, outcome]))).toEqual({
    'TOK-01': 'held',
    // The application of this test asks for any proof, and looks at none.
    'KEY-01': 'breached',
    'FWD-01': 'not-applicable',
    'REV-10': 'not-applicable',
  })
})
