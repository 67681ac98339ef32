import { describe, expect, test } from 'vitest'
import type { SpendAnswer } from '@everyhop/proof'
import { withBreaker, type BreakerOptions } from './breaker.js'
import { anId } from './ids.testkit.js'
import type { SharedStoreOptions, StoreTrouble } from './trouble.js'

type Does = SpendAnswer | 'throws' | 'hangs'

/** A store that does what the table says next, and counts how often it was asked. */
function scripted(options: BreakerOptions & SharedStoreOptions = {}) {
  const time = { now: 0 }
  const script: Does[] = []
  const troubles: StoreTrouble[] = []
  let asked = 0
  const store = withBreaker(
    {
      spend: () => {
        asked += 1
        const does = script.shift()!
        if (does === 'throws') return Promise.reject(new Error('down'))
        return does === 'hangs' ? new Promise(() => {}) : Promise.resolve(does)
      },
    },
    { failures: 3, openMs: 1_000, deadlineMs: 5, clock: () => time.now, onTrouble: (trouble) => troubles.push(trouble), ...options },
  )
  const spend = async () => store.spend({ id: anId(), from: 0, until: 1, made: 0, kind: 'proof test' }, 0)
  return { store, spend, script, time, troubles, asked: () => asked }
}

describe('after so many failures in a row the store is left alone for a while, then one request tries', () => {
  /** At a time, what the store would do, what the caller hears, and whether the store was asked. */
  const TABLE: readonly [at: number, does: Does, hears: SpendAnswer, isAsked: boolean][] = [
    [0, 'throws', 'unavailable', true],
    [1, 'unavailable', 'unavailable', true],
    [2, 'fresh', 'fresh', true],
    [3, 'throws', 'unavailable', true],
    [4, 'hangs', 'unavailable', true],
    [5, 'throws', 'unavailable', true],
    [6, 'fresh', 'unavailable', false],
    [1_004, 'fresh', 'unavailable', false],
    [1_005, 'throws', 'unavailable', true],
    [1_006, 'fresh', 'unavailable', false],
    [2_005, 'spent', 'spent', true],
    [2_006, 'full', 'full', true],
    [2_006, 'limit', 'limit', true],
    [2_006, 'forgotten', 'forgotten', true],
    [2_007, 'throws', 'unavailable', true],
    [2_008, 'fresh', 'fresh', true],
  ]
  test('step by step', async () => {
    const { spend, script, time, asked } = scripted()
    for (const [at, does, hears, isAsked] of TABLE) {
      time.now = at
      script.length = 0
      script.push(does)
      const before = asked()
      expect([at, await spend(), asked() > before]).toEqual([at, hears, isAsked])
    }
  })

  test('of many requests at once, one tries', async () => {
    const { spend, script, time, asked } = scripted({ deadlineMs: 1_000 })
    script.push('throws', 'throws', 'throws')
    for (let index = 0; index < 3; index += 1) await spend()
    time.now = 1_000
    script.push('fresh')
    const answers = await Promise.all(Array.from({ length: 20 }, spend))
    expect([answers[0], answers.filter((answer) => answer === 'unavailable').length, asked()]).toEqual(['fresh', 19, 4])
  })
})

test('whoever listens is told what is wrong, and cannot break anything', async () => {
  const { spend, script, troubles } = scripted()
  script.push('throws', 'hangs', 'fresh')
  expect([await spend(), await spend(), await spend()]).toEqual(['unavailable', 'unavailable', 'fresh'])
  expect(troubles).toEqual(['failed', 'late'])
  const broken = scripted({
    onTrouble: () => {
      throw new Error('the listener')
    },
  })
  broken.script.push('throws')
  expect(await broken.spend()).toBe('unavailable')
})

test('a set-up that cannot work is refused', () => {
  const store = { spend: () => Promise.resolve('fresh' as const) }
  for (const options of [{ deadlineMs: 0 }, { deadlineMs: NaN }, { failures: 0 }, { openMs: -1 }]) {
    expect(() => withBreaker(store, options)).toThrow(expect.objectContaining({ code: 'config.replay-breaker' }))
  }
})
