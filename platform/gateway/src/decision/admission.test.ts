import { expect, test } from 'vitest'
import { createAdmission } from './admission.js'

function admission({ maxInFlight = 2, maxTurnMs = 100 } = {}) {
  let time = 0
  const ends: (() => void)[] = []
  const made = createAdmission({ maxInFlight, maxTurnMs, now: () => time, atEndOfTurn: (end) => void ends.push(end) })
  return { ...made, pass: (ms: number) => (time += ms), endTurn: () => ends.splice(0).forEach((end) => end()), turns: () => ends.length }
}

test('so many at once and no more; who leaves makes room', () => {
  const { enter, leave, inFlight, shed } = admission()
  expect([enter(), enter(), enter()]).toEqual([true, true, false])
  leave()
  expect([enter(), enter()]).toEqual([true, false])
  expect([inFlight(), shed()]).toEqual([2, 2])
})

test('a turn decides for its time; what is left of it is refused, and the next begins anew', () => {
  const { enter, pass, endTurn, shed, turns } = admission({ maxInFlight: 100 })
  expect([enter(), turns()]).toEqual([true, 1])
  pass(100)
  expect([enter(), turns()]).toEqual([true, 1])
  pass(1)
  expect([enter(), enter()]).toEqual([false, false])
  endTurn()
  expect([enter(), shed()]).toEqual([true, 2])
})
