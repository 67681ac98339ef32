import { describe, expect, test } from 'vitest'
import { differential, doubters, EXPLAINED, honestlyAsked } from './differential.testkit.js'
import { ORACLES } from './oracles.testkit.js'

const INPUTS = process.env['EVERYHOP_FULL'] === '1' ? 50_000 : 3_000
const SEED = 20_261_127

describe('the honest request is accepted by all, or their refusals would mean nothing', () => {
  for (const { name, accepts } of ORACLES) test(name, async () => expect(await accepts(honestlyAsked())).toBe(true))
})

test(`whatever another verifier refuses, we refuse, or explain: ${INPUTS} signed requests`, async () => {
  expect(await differential.run(INPUTS, SEED)).toBeUndefined()
}, 300_000)

describe('every explanation is needed', () => {
  for (const { oracle, why, example } of EXPLAINED) {
    test(`${oracle}: ${why}`, async () => expect([await doubters(example, []), await doubters(example)]).toEqual([oracle.split(', '), []]))
  }
})
