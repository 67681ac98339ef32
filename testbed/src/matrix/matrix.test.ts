import { describe, expect, test } from 'vitest'
import type { Case } from './build.js'
import { FAULTY, SOUND } from './cases.js'
import { isHere } from './gateways.js'
import { tryCase } from './try-case.js'

/** The whole matrix takes minutes: an ordinary run tries every seventh case, each time the same ones. */
const chosen = (cases: readonly Case[]): readonly Case[] => (process.env['EVERYHOP_FULL'] === undefined ? cases.filter((_, index) => index % 7 === 0) : cases)

test('the matrix is as wide as it says', () => {
  expect(SOUND.length).toBeGreaterThanOrEqual(12)
  expect(FAULTY.length).toBeGreaterThanOrEqual(60)
  const names = [...SOUND, ...FAULTY].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe('a sound chain', () => {
  for (const one of chosen(SOUND)) {
    test(`${one.name}: nobody is blamed`, { timeout: 60_000 }, async (context) => {
      if (!one.gateways.every(isHere)) return context.skip('one of the gateways is not installed')
      const { verdict, wrong } = await tryCase(one)
      expect(wrong).toEqual([])
      expect(verdict).toBe('holds')
    })
  }
})

describe('a faulty chain', () => {
  for (const one of chosen(FAULTY)) {
    test(`${one.name}: named, and nobody else`, { timeout: 60_000 }, async (context) => {
      if (!one.gateways.every(isHere)) return context.skip('one of the gateways is not installed')
      const { missed, exact, wrong } = await tryCase(one)
      expect({ missed, wrong }).toEqual({ missed: [], wrong: [] })
      expect(exact).toEqual(one.faults)
    })
  }
})
