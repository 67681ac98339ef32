import { describe, expect, test } from 'vitest'
import { callerIn, learnFingerprint, matches, type Fingerprint, type Whole } from './fingerprint.js'

const JSON_TYPE = [['Content-Type', 'application/json; charset=utf-8']] as const
const HTML_TYPE = [['content-type', 'text/html']] as const
const json = (value: unknown, status = 200): Whole => ({ status, fields: JSON_TYPE, body: JSON.stringify(value) })
const html = (body: string, status = 200): Whole => ({ status, fields: HTML_TYPE, body })

const orders = (user: string, at: number) => json({ user, at, orders: [{ id: 1, sum: 2.5 }] })
const HONEST = [orders('ann', 1), orders('ann', 2), orders('ann', 3)]
const OTHER = [orders('bob', 4), orders('bob', 5)]
const learnt = (refused: readonly Whole[], honest: readonly Whole[] = HONEST, other: readonly Whole[] = OTHER): Fingerprint => {
  const found = learnFingerprint({ honest, other, refused })
  if (!found) throw new Error('nothing was learnt')
  return found
}

describe('answers that are like the honest ones', () => {
  const cases: readonly (readonly [what: string, refused: readonly Whole[], answer: Whole, isLike: boolean])[] = [
    ['the same members', [json({ error: 'no' }, 401)], orders('ann', 9), true],
    ['the same members for another', [json({ error: 'no' }, 401)], orders('eve', 9), true],
    ['more members', [json({ error: 'no' }, 401)], json({ user: 'ann', at: 1, orders: [{ id: 1, sum: 1 }], more: true }), true],
    ['fewer members', [json({ error: 'no' }, 401)], json({ user: 'ann', at: 1 }), false],
    ['another status', [json({ error: 'no' }, 401)], { ...orders('ann', 1), status: 202 }, false],
    ['another type', [json({ error: 'no' }, 401)], { ...orders('ann', 1), fields: HTML_TYPE }, false],
    ['a refusal with the status of success', [json({ user: '', at: 0, error: 'no' })], json({ user: '', at: 0, error: 'no' }), false],
    ['what the refused ones do not have is enough', [json({ user: '', at: 0, error: 'no' })], json({ orders: [{ id: 1, sum: 1 }] }), true],
    ['everybody gets the same', [orders('nobody', 1)], orders('eve', 9), true],
    ['no content', [json({ error: 'no' }, 401)], { status: 200, fields: JSON_TYPE, body: '' }, false],
  ]
  test.each(cases)('%s', (_, refused, answer, isLike) => {
    expect(matches(learnt(refused), answer, 'GET')).toBe(isLike)
  })

  test('of text, lines that refusals do not have', () => {
    const page = (line: string) => html(`<html>\n<h1>Orders</h1>\n${line}\n</html>`)
    const known = learnt([html('<html>\n<h1>Log in</h1>\n</html>')], [page('1'), page('2')], [])
    expect(matches(known, page('3'), 'GET')).toBe(true)
    expect(matches(known, html('<html>\n<h1>Log in</h1>\n</html>'), 'GET')).toBe(false)
  })

  test('to HEAD, by status and type alone', () => {
    const known = learnt([json({}, 401)])
    expect(matches(known, { ...orders('ann', 1), body: '' }, 'HEAD')).toBe(true)
    expect(matches(known, { status: 401, fields: [], body: '' }, 'HEAD')).toBe(false)
  })
})

describe('the caller', () => {
  const known = learnt([json({}, 401)])

  test('is what stays the same for one client and differs between two', () => {
    expect(known.identity).toEqual(['.user'])
    expect(callerIn(known, orders('ann', 7))).toBe(callerIn(known, HONEST[0]!))
    expect(callerIn(known, orders('root', 7))).not.toBe(callerIn(known, HONEST[0]!))
  })

  test('cannot be told where the second client is refused, or answers are the same for both', () => {
    expect(learnt([json({}, 401)], HONEST, [json({}, 401)]).identity).toEqual([])
    expect(learnt([json({}, 401)], HONEST, HONEST).identity).toEqual([])
  })
})

describe('nothing is learnt', () => {
  test.each([
    ['from no answer', []],
    ['from refusals', [json({}, 401), json({}, 401)]],
    ['from redirections', [json({}, 302)]],
    ['from answers of two kinds', [orders('ann', 1), html('busy')]],
  ])('%s', (_, honest) => {
    expect(learnFingerprint({ honest, other: [], refused: [] })).toBeUndefined()
  })
})
