import { expect, test } from 'vitest'
import type { Waiver } from '@everyhop/chain'
import { CHAIN, WAIVER } from './sample.fixture.js'
import { waiverProblems, waiverRisks } from './waiver-problems.js'

const DAY = 86_400

const { compensating, approvers } = WAIVER
const without = (key: keyof Waiver['compensating']) => ({ ...compensating, [key]: undefined }) as unknown as Waiver['compensating']
const networks = { compensating: { ...compensating, networks: ['192.0.2.0/24'] } }

const SPOILED: readonly (readonly [title: string, spoiled: Partial<Waiver>, codes: readonly string[]])[] = [
  ['sound', {}, []],
  ['30 days and a second without a network', { end: WAIVER.end + 1 }, ['waiver.length']],
  ['90 days within a network', { ...networks, end: WAIVER.start + 90 * DAY }, []],
  ['90 days and a second within a network', { ...networks, end: WAIVER.start + 90 * DAY + 1 }, ['waiver.length']],
  ['no time at all', { end: WAIVER.start }, ['waiver.end']],
  ['no client', { clients: [] }, ['waiver.scope']],
  ['no route and no audience', { routes: [] }, ['waiver.scope']],
  ['one approver, from outside', { approvers: approvers.slice(1) }, ['waiver.approvals']],
  ['one approver twice', { approvers: [...approvers.slice(1), { by: ' EVE ', team: 'orders' }] }, ['waiver.approvals']],
  ['the requester among them', { approvers: [...approvers, { by: 'Ann', team: 'orders' }] }, ['waiver.self-approved']],
  [
    'nobody from outside',
    {
      approvers: [
        { by: 'bob', team: 'identity' },
        { by: 'dan', team: 'identity' },
      ],
    },
    ['waiver.inside'],
  ],
  [
    'an outsider of no known team',
    {
      approvers: [
        { by: 'bob', team: 'identity' },
        { by: 'dan', team: 'nowhere' },
      ],
    },
    ['waiver.inside'],
  ],
  ['no ceiling', { compensating: without('tokenLifetime') }, ['waiver.compensating']],
  ['a ceiling not below that of bound tokens', { compensating: { ...compensating, tokenLifetime: 600 } }, ['waiver.lifetime']],
  ['no monitoring', { compensating: without('monitoring') }, ['waiver.compensating']],
  ['an untested alert', { compensating: { ...compensating, monitoring: { channel: '#red' } } }, ['waiver.untested']],
  ['no allowlist', { compensating: { ...compensating, allowlist: [] } }, ['waiver.compensating']],
  ['an allowlist without the client', { compensating: { ...compensating, allowlist: ['shop'] } }, ['waiver.unlisted']],
  ['a control that cannot be waived', { control: 'POP-AP-04' }, ['waiver.forbidden']],
  ['a control that does not exist', { control: 'POP-AP-99' }, ['waiver.control']],
]

for (const [title, spoiled, codes] of SPOILED) {
  test(`${title}: ${codes.join(', ') || 'nothing wrong'}`, () =>
    expect(waiverProblems({ ...WAIVER, ...spoiled }, CHAIN).map(({ code }) => code)).toEqual(codes))
}

test('without a network restriction the risk is said, with one there is none to say', () => {
  expect(waiverRisks(WAIVER)).toHaveLength(1)
  expect(waiverRisks({ ...WAIVER, ...networks })).toEqual([])
})
