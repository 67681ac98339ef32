import { expect, test } from 'vitest'
import { waiverCovers, waiverInForce } from './waiver.js'

const WAIVER = {
  id: 'W-7',
  control: 'POP-ID-01',
  clients: ['billco'],
  routes: ['/orders/**'],
  audiences: [],
  reason: 'legacy',
  requestedBy: 'ann',
  approvers: [],
  start: 1_000_000,
  end: 1_000_000 + 30 * 86_400,
  compensating: { allowlist: ['billco'], networks: [] },
  at: { file: 'everyhop.yaml', line: 1, column: 1 },
} as const

test('the start counts, the end does not, and no time is no time', () => {
  const at = (now: number) => waiverInForce(WAIVER, now)
  expect([at(WAIVER.start - 1), at(WAIVER.start), at(WAIVER.end - 1), at(WAIVER.end), at(Number.NaN)]).toEqual([false, true, true, false, false])
})

test('scope is the client and the route or audience', () => {
  expect(waiverCovers(WAIVER, { client: 'billco', route: '/orders/**' })).toBe(true)
  expect(waiverCovers(WAIVER, { client: 'shop', route: '/orders/**' })).toBe(false)
  expect(waiverCovers(WAIVER, { client: 'billco', route: '/other' })).toBe(false)
  expect(waiverCovers(WAIVER, { client: 'billco' })).toBe(false)
  expect(waiverCovers({ ...WAIVER, audiences: ['a'] }, { client: 'billco', audiences: ['a'] })).toBe(true)
})
