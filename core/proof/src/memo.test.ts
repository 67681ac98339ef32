import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bounded } from './memo.js'

/** The same, in the plainest way. */
class Plain {
  entries: [string, number][] = []
  readonly max: number

  constructor(max: number) {
    this.max = max
  }

  set(id: string, value: number): void {
    this.delete(id)
    if (this.entries.length >= this.max) this.entries.shift()
    this.entries.push([id, value])
  }

  delete(id: string): void {
    this.entries = this.entries.filter(([one]) => one !== id)
  }

  get(id: string): number | undefined {
    return this.entries.find(([one]) => one === id)?.[1]
  }
}

test('the oldest goes first, whatever was set again and deleted in between', () => {
  const step = fc.record({ id: fc.nat(12).map(String), value: fc.nat(), isDeletion: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
      const [bounded, plain] = [new Bounded<number>(max), new Plain(max)]
      for (const { id, value, isDeletion } of steps) {
        for (const one of [bounded, plain]) {
          if (isDeletion) one.delete(id)
          else one.set(id, value)
        }
        expect(bounded.size).toBe(plain.entries.length)
        for (const [known] of plain.entries) expect(bounded.get(known)).toBe(plain.get(known))
      }
    }),
  )
})
