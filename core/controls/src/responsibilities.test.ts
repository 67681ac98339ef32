import { expect, test } from 'vitest'
import { CONTROLS } from './controls.js'
import { ownerOf, responsibilities } from './responsibilities.js'
import { CHAIN } from './sample.fixture.js'

const at = { file: 'everyhop.yaml', line: 9, column: 3 }

test('a sound chain has one team for each control at each place, and no control twice at one', () => {
  const { assignments, problems } = responsibilities(CHAIN)
  expect(problems).toEqual([])
  const places = assignments.map(({ control, place }) => `${control} ${place}`)
  expect(new Set(places).size).toBe(places.length)
  const covered = new Set(assignments.map(({ control }) => control))
  expect([...CONTROLS.values()].filter(({ id }) => !covered.has(id)).map(({ id }) => id)).toEqual(['POP-AG-01', 'POP-AG-02', 'POP-AG-03'])
})

const OWNERS = [
  ['POP-ID-01', 'issuer', 'identity'],
  ['POP-PL-02', 'edge', 'edge'],
  ['POP-PL-04', 'network', 'edge'],
  ['POP-AP-01', 'orders', 'orders'],
  ['POP-AP-02', 'orders', 'orders'],
  ['POP-SE-01', 'chain', 'red'],
  ['POP-GV-01', 'chain', 'red'],
  ['POP-GV-05', 'client:billco', 'identity'],
  ['POP-AP-06', 'edge', 'edge'],
] as const

for (const [control, place, team] of OWNERS) {
  test(`${control} at ${place} is ${team}'s`, () => expect(ownerOf(CHAIN, control, place).id).toBe(team))
}

test('the network has its owner where one is named, and the authority of replay follows the hop that spends', () => {
  expect(ownerOf({ ...CHAIN, network: 'identity' }, 'POP-PL-04', 'network').id).toBe('identity')
  const hops = new Map([...CHAIN.hops].map(([id, hop]) => [id, { ...hop, replayAuthority: id === 'edge' }]))
  expect(responsibilities({ ...CHAIN, hops }).assignments.filter(({ control }) => control === 'POP-AP-02')).toEqual([
    { control: 'POP-AP-02', place: 'edge', team: 'edge' },
  ])
})

test('an override wins, the one that names the place over the one that does not', () => {
  const accountable = [
    { control: 'POP-AP-01', team: 'red', at },
    { control: 'POP-AP-01', place: 'orders', team: 'identity', at },
  ] as const
  expect(ownerOf({ ...CHAIN, accountable }, 'POP-AP-01', 'orders').id).toBe('identity')
})

test('a tie names the control, the place and both teams', () => {
  const accountable = [
    { control: 'POP-PL-02', place: 'edge', team: 'edge', at },
    { control: 'POP-PL-02', place: 'edge', team: 'red', at },
  ] as const
  const [problem, ...others] = responsibilities({ ...CHAIN, accountable }).problems
  expect(others).toEqual([])
  expect(problem).toMatchObject({ kind: 'tie', control: 'POP-PL-02', place: 'edge', teams: ['edge', 'red'], at })
  expect(problem?.message).toMatch(/edge and red .*POP-PL-02.*edge/)
})

test('without a security team, testing and governance are gaps by name; with two, ties', () => {
  const without = new Map([...CHAIN.teams].filter(([id]) => id !== 'red'))
  const gaps = responsibilities({ ...CHAIN, teams: without }).problems
  expect(gaps.every(({ kind }) => kind === 'gap')).toBe(true)
  expect(gaps.map(({ control }) => control)).toEqual(expect.arrayContaining(['POP-SE-01', 'POP-GV-01']))
  const two = new Map(CHAIN.teams).set('blue', { id: 'blue', layer: 'security', contact: 'b', at })
  expect(responsibilities({ ...CHAIN, teams: two }).problems.every(({ kind, teams }) => kind === 'tie' && teams.length === 2)).toBe(true)
})

test('an override for a place where the control is not judged is refused', () => {
  const accountable = [{ control: 'POP-PL-02', place: 'orders', team: 'red', at }] as const
  expect(responsibilities({ ...CHAIN, accountable }).problems).toMatchObject([{ kind: 'no-such-place', place: 'orders' }])
})
