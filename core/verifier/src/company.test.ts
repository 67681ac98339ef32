import { expect, test } from 'vitest'
import { createCompany } from './company.js'

/** A thread by hand: what is to be called later is called when the test says so. */
function thread(most = 3) {
  const later = { code: [] as (() => void)[], callback: [] as (() => void)[], turn: [] as (() => void)[] }
  const run = (calls: (() => void)[]): void => calls.splice(0).forEach((call) => call())
  const company = createCompany(most, {
    afterThis: (call) => later.code.push(call),
    afterCallback: (call) => later.callback.push(call),
    afterTurn: (call) => later.turn.push(call),
  })
  const backs: (() => void)[] = []
  /** What a hand writes down: `h`ere or `a`side for each signature, the end of code, callback and turn, and one that comes `b`ack. */
  const play = (script: string): string => {
    let taken = ''
    for (const step of script) {
      if (step === 's') {
        const isThere = company.isThere()
        taken += isThere ? 'a' : 'h'
        if (isThere) backs.push(company.aside())
        else company.here()
      } else if (step === 'b') backs.shift()?.()
      else {
        run(later.code)
        if (step !== '.') run(later.callback)
        if (step === '|') run(later.turn)
      }
    }
    return taken
  }
  return { play, waiting: () => later.callback.length + later.turn.length }
}

// `s` a signature, `.` the code that runs now is done, `;` its callback too, `|` the turn of the event loop too, `b` one comes back.
const CASES: readonly (readonly [what: string, script: string, taken: string])[] = [
  ['one alone', 's', 'h'],
  ['one after the other, each waited for in one callback', 's.s.s.s', 'hhhh'],
  ['one after the other, each in a turn of its own', 's|s|s|s', 'hhhh'],
  ['started together', 'sss', 'haa'],
  ['of two connections in one turn', 's;s', 'ha'],
  ['of two connections in two turns', 's.s|s.s', 'hhhh'],
  ['while one is aside, whenever that is', 'ss|s', 'haa'],
  ['once all are back and the turn is over', 'ss|bs', 'hah'],
  ['once all are back in the same turn, started together before', 'ss.b.s', 'hah'],
  ['as many aside as may be: the next is verified here', 'sssss', 'haaah'],
  ['and aside again when one is back', 'sssssbs', 'haaaha'],
]

for (const [what, script, taken] of CASES) test(`${what}: ${taken}`, () => expect(thread().play(script)).toBe(taken))

test('with no thread to spare, all are verified here', () => expect(thread(0).play('ssss;s;s')).toBe('hhhhhh'))

test('one turn asks once to hear of its end, however many are verified in it', () => {
  const { play, waiting } = thread(0)
  play('ss.s.ss')
  expect(waiting()).toBe(2)
})
