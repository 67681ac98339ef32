import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import { anId, anOwner } from './ids.testkit.js'
import type { ReplayStore } from './replay-store.js'

export type OpenedStore = {
  /** Each call another instance, with a connection of its own where there are connections; the memory is one. */
  readonly instance: () => Promise<ReplayStore>
  /** Epoch seconds of the memory. */
  readonly now: () => number
  /** Lets time pass: as much as makes an id of the next second count no more. The clock of a real server cannot be set. */
  readonly wait: () => Promise<void>
  readonly close?: () => Promise<void>
}

export const count = (answers: readonly SpendAnswer[], wanted: SpendAnswer): number => answers.filter((answer) => answer === wanted).length

const OWNERS = [
  ['of an owner', () => ({})],
  ['without owner', () => ({ owner: undefined })],
] as const

/** Another id that a store keeps where it keeps the first: a memory may have parts that know nothing of each other. */
const another = ({ id }: Omit<Spend, 'spent'>, change: Partial<Spend>): Partial<Spend> => ({ id: `${id[0]}${anId().slice(1)}`, ...change })

/** What every replay store must do; each implementation runs it. `perOwner` is 1,000 there. */
export function replayStoreContract(name: string, open: () => Promise<OpenedStore>, skip: (context: TestContext) => void = () => {}): void {
  describe(`${name} keeps the contract of a replay store`, () => {
    let opened: OpenedStore
    let store: ReplayStore
    let other: ReplayStore
    let failure: unknown
    /** Of each test its own: what others remember for shorter is not its matter. */
    let kind: string
    beforeAll(async () => {
      try {
        opened = await open()
        store = await opened.instance()
        other = await opened.instance()
        await store.ready?.()
      } catch (error) {
        failure = error
      }
    })
    afterAll(() => opened?.close?.())
    const it = (title: string, work: () => Promise<void>) =>
      test(title, async (context) => {
        skip(context)
        if (failure !== undefined) throw failure
        kind = title
        await work()
      })
    /** Honest, and after any loss of memory that a store may still be in doubt about. */
    const aSpend = (change: Partial<Spend> = {}): Omit<Spend, 'spent'> => {
      const now = Math.floor(opened.now())
      return { id: anId(), owner: anOwner(), from: now + 100, until: now + 300, made: now, kind, ...change }
    }
    const spend = async (one: Omit<Spend, 'spent'>, by = store) => by.spend(one, opened.now())
    /** A hundred at once: what waits in a queue for long carries a time that is too old when it comes to its turn. */
    const many = async (length: number, make: () => Omit<Spend, 'spent'>) => {
      const answers: SpendAnswer[] = []
      while (answers.length < length) {
        answers.push(...(await Promise.all(Array.from({ length: Math.min(100, length - answers.length) }, () => spend(make())))))
      }
      return answers
    }

    it('an id is fresh once, at whichever instance', async () => {
      const one = aSpend()
      expect(await spend(one)).toBe('fresh')
      expect(await spend(one)).toBe('spent')
      expect(await spend(one, other)).toBe('spent')
      expect(await spend(aSpend({ owner: one.owner! }))).toBe('fresh')
    })

    for (const [whose, change] of OWNERS) {
      it(`of 64 copies at once ${whose} exactly one is fresh`, async () => {
        for (let round = 0; round < 10; round += 1) {
          const one = aSpend(change())
          const answers = await Promise.all(Array.from({ length: 64 }, (_, index) => spend(one, index % 2 === 0 ? store : other)))
          expect([count(answers, 'fresh'), count(answers, 'spent')]).toEqual([1, 63])
        }
      })
    }

    it('it is remembered in its last second', async () => {
      const one = aSpend({ until: Math.ceil(opened.now()) })
      expect(await spend(one)).toBe('fresh')
      expect(await spend(one)).toBe('spent')
    })

    it('what is over already, or has no end, is never fresh', async () => {
      for (const until of [0, opened.now() - 3_600, NaN]) expect([until, await spend(aSpend({ until }))]).toEqual([until, 'unavailable'])
    })

    it('a proof dated into the future is remembered no shorter', async () => {
      const now = Math.floor(opened.now())
      const one = aSpend({ from: now + 60, until: now + 3_600 })
      expect(await spend(one)).toBe('fresh')
      await many(50, () => aSpend({ owner: one.owner! }))
      expect(await spend(one, other)).toBe('spent')
    })

    it('an owner has 1,000 live ids and not one more; a copy is still called a copy; others are not concerned', async () => {
      const owner = anOwner()
      const first = aSpend({ owner })
      expect(await spend(first)).toBe('fresh')
      const answers = await many(1_100, () => aSpend({ owner }))
      expect([count(answers, 'fresh'), count(answers, 'limit')]).toEqual([999, 101])
      expect(await spend(first, other)).toBe('spent')
      expect(await spend(aSpend({ owner }), other)).toBe('limit')
      expect(await spend(aSpend())).toBe('fresh')
    })

    it('what is over counts no more for its owner', async () => {
      const owner = anOwner()
      expect(count(await many(700, () => aSpend({ owner })), 'fresh')).toBe(700)
      const next = Math.ceil(opened.now()) + 1
      expect(count(await many(300, () => aSpend({ owner, until: next })), 'fresh')).toBe(300)
      expect(await spend(aSpend({ owner }))).toBe('limit')
      await opened.wait()
      const answers = await many(400, () => aSpend({ owner }))
      expect([count(answers, 'fresh'), count(answers, 'limit')]).toEqual([300, 100])
    })

    it('what has no owner, as attestations have none, is not limited', async () => {
      const answers = await many(1_200, () => {
        const { owner: _, ...one } = aSpend()
        return one
      })
      expect(count(answers, 'fresh')).toBe(1_200)
    })

    it('nothing is forgotten early', async () => {
      const portions = Array.from({ length: 30 }, (_, index) => Array.from({ length: 100 }, () => aSpend({ until: Math.floor(opened.now()) + 60 + index })))
      for (const portion of portions) expect(count(await Promise.all(portion.map((one) => spend(one))), 'fresh')).toBe(100)
      for (const portion of portions) expect(count(await Promise.all(portion.map((one) => spend(one, other))), 'spent')).toBe(100)
    })

    it('what may have been used before its memory began is refused', async () => {
      const one = aSpend({ from: Math.floor(opened.now()) - 3_600 })
      expect(await spend(one)).toBe('forgotten')
      expect(await spend(one)).toBe('forgotten')
    })

    it('what an instance with a shorter memory may have spent is refused by one with a longer one', async () => {
      const soon = Math.ceil(opened.now())
      const made = soon - 60
      const short = OWNERS.map(([whose, change]) => aSpend({ made, until: soon, kind: whose, ...change() }))
      const long = short.map((one) => ({ ...one, until: made + 300 }))
      for (const one of short) expect(await spend(one)).toBe('fresh')
      for (const one of long) expect(await spend(one, other)).toBe('spent')
      await opened.wait()
      for (const one of long) {
        const table = [
          ['the very one', {}, 'forgotten'],
          ['another made as early, that may have been spent too', another(one, { made: made - 1 }), 'forgotten'],
          ['one that was made later than whatever was spent so', another(one, { made: made + 1 }), 'fresh'],
          ['another kind', another(one, { kind: 'another kind' }), 'fresh'],
        ] as const
        for (const [what, change, answer] of table) expect([one.kind, what, await spend({ ...one, ...change }, other)]).toEqual([one.kind, what, answer])
      }
    })

    it('where all remember as long, nothing is refused in its last second', async () => {
      const until = Math.ceil(opened.now()) + 1
      const made = until - 60
      for (let index = 0; index < 3; index += 1) expect(await spend(aSpend({ made: made + index, until: until + index }))).toBe('fresh')
      expect(await spend(aSpend({ made, until }), other)).toBe('fresh')
    })

    it('what does not say when it was made is never fresh', async () => {
      for (const made of [NaN, opened.now() + 3_600]) expect(await spend(aSpend({ made })).catch(() => 'unavailable')).not.toBe('fresh')
    })
  })
}
