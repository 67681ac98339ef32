import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import type { TestProxy } from '../servers.testkit.js'
import { anId, anOwner } from './ids.testkit.js'
import { startSpender } from './spender.testkit.js'
import { count } from './replay-store.contract.testkit.js'
import type { ReplayStore } from './replay-store.js'
import type { SharedStoreOptions, StoreTrouble } from './trouble.js'
import type { BreakerOptions } from './breaker.js'

export type SharedServer = {
  /** An instance with a connection of its own; through the proxy where asked. */
  readonly instance: (options?: SharedStoreOptions & BreakerOptions, through?: number) => Promise<ReplayStore>
  readonly proxy: () => Promise<TestProxy>
  /** What makes it forget, by name: each leaves a server that answers again. */
  readonly losses: Readonly<Record<string, () => Promise<void>>>
  /** How another process opens the store: see `spender.testkit.ts`. */
  readonly elsewhere: readonly [kind: 'redis' | 'cluster' | 'postgres', ...ports: readonly number[]]
  readonly stop: () => Promise<void>
}

const DEADLINE_MS = 400
/** What a loaded machine may add before a timer of ours comes to its turn. */
const SLACK_MS = 2_000

/** What a store that instances share must do besides, on a real server that fails in every way. */
export function sharedStoreContract(name: string, open: () => Promise<SharedServer>, skip: (context: TestContext) => void): void {
  describe(`${name}, shared`, () => {
    let server: SharedServer
    let failure: unknown
    beforeAll(async () => {
      try {
        server = await open()
        await (
          await server.instance()
        ).ready!()
      } catch (error) {
        failure = error
      }
    }, 60_000)
    afterAll(() => server?.stop())
    const it = (title: string, work: () => Promise<void>) =>
      test(
        title,
        async (context) => {
          skip(context)
          if (failure !== undefined) throw failure
          await work()
        },
        120_000,
      )
    const now = () => Date.now() / 1000
    /** After any memory that may begin in the next seconds. */
    const aSpend = (change: Partial<Spend> = {}): Omit<Spend, 'spent'> => ({
      id: anId(),
      owner: anOwner(),
      from: now() + 100,
      until: now() + 300,
      made: Math.floor(now()),
      kind: 'proof test',
      ...change,
    })

    it('of 64 copies in two processes exactly one is fresh, a hundred times', async () => {
      const children = await Promise.all([startSpender(server.elsewhere), startSpender(server.elsewhere)])
      try {
        for (let round = 0; round < 100; round += 1) {
          const one = aSpend()
          const answers = await Promise.all(
            children.map(async (child) => {
              child.send({ spend: one, copies: 32 })
              return ((await once(child, 'message')) as [SpendAnswer[]])[0]
            }),
          )
          expect([count(answers.flat(), 'fresh'), count(answers.flat(), 'spent')]).toEqual([1, 63])
        }
      } finally {
        children.forEach((child) => child.kill('SIGKILL'))
      }
    })

    it('an owner at the limit has it at all instances, counted exactly when all come at once', async () => {
      const stores = await Promise.all([server.instance({ perOwner: 100, deadlineMs: 30_000 }), server.instance({ perOwner: 100, deadlineMs: 30_000 })])
      const owner = anOwner()
      const answers = await Promise.all(Array.from({ length: 300 }, async (_, index) => stores[index % 2]!.spend(aSpend({ owner }), now())))
      expect([count(answers, 'fresh'), count(answers, 'limit')]).toEqual([100, 200])
    })

    it('a client at its limit is refused whatever its keys, and others are not', async () => {
      const store = await server.instance({ perClient: 20, deadlineMs: 30_000 })
      const by = (client: string) => store.spend(aSpend({ client }), now())
      const answers: SpendAnswer[] = []
      while (answers.length < 30) answers.push(await by('flood'))
      expect([count(answers, 'fresh'), count(answers, 'limit')]).toEqual([20, 10])
      expect(await by('another')).toBe('fresh')
    })

    it('an instance whose clock is too far away spends nothing', async () => {
      const troubles: StoreTrouble[] = []
      const store = await server.instance({ clockDifference: 5, failures: 99, onTrouble: (trouble) => troubles.push(trouble) })
      const one = aSpend()
      for (const wrong of [-3_600, -7, 7, 3_600, NaN]) expect([wrong, await store.spend(one, now() + wrong)]).toEqual([wrong, 'unavailable'])
      expect(new Set(troubles)).toEqual(new Set(['clocks-differ']))
      for (const [near, answer] of [
        [-3, 'fresh'],
        [3, 'spent'],
      ] as const) {
        expect(await store.spend(one, now() + near)).toBe(answer)
      }
    })

    it('a server that is slow, gone, or there and gone again: refused within the deadline, and accepted once it is back', async () => {
      const proxy = await server.proxy()
      try {
        const store = await server.instance({ deadlineMs: DEADLINE_MS, failures: 3, openMs: 50 }, proxy.port)
        const works = async () => (await store.spend(aSpend(), now())) === 'fresh'
        await eventually(works, 'does not work at all')
        const states: Record<string, () => void> = {
          slow: () => proxy.delay(4 * DEADLINE_MS),
          silent: () => proxy.delay(Infinity),
          gone: () => proxy.cut(true),
        }
        for (const [state, begin] of Object.entries(states)) {
          begin()
          for (let attempt = 0; attempt < 6; attempt += 1) {
            const startedAt = performance.now()
            expect([state, await store.spend(aSpend(), now())]).toEqual([state, 'unavailable'])
            expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS + SLACK_MS)
          }
          proxy.delay(0)
          proxy.cut(true)
          proxy.cut(false)
          await eventually(works, `not back after ${state}`)
        }
        const one = aSpend()
        const answers: SpendAnswer[] = []
        for (let round = 0; round < 40; round += 1) {
          if (round % 8 === 4) proxy.cut(true)
          if (round % 8 === 6) proxy.cut(false)
          answers.push(...(await Promise.all([store.spend(one, now()), store.spend(one, now())])))
        }
        proxy.cut(false)
        expect(count(answers, 'fresh')).toBeLessThanOrEqual(1)
        await eventually(works, 'not back after flapping')
      } finally {
        await proxy.stop()
      }
    })

    it('every way to forget is noticed: what was accepted before is refused at all instances, and the doubt ends', async () => {
      for (const [loss, forget] of Object.entries(server.losses)) {
        const troubles: StoreTrouble[] = []
        const options = { clockDifference: 2, failures: 1_000, deadlineMs: 10_000, onTrouble: (trouble: StoreTrouble) => troubles.push(trouble) }
        const stores = await Promise.all([server.instance(options), server.instance(options)])
        const honest = async (store: ReplayStore, ahead = 0) => {
          const one = aSpend({ from: now() + ahead })
          return [one, await store.spend(one, now() + ahead)] as const
        }
        // Owners are spread over several memories: as many as likely meet all of them.
        const all = async (make: () => Promise<SpendAnswer>) => count(await Promise.all(Array.from({ length: 400 }, make)), 'fresh') === 400
        const isSure = (store: ReplayStore) => () => all(async () => (await honest(store))[1])
        for (const store of stores) await eventually(isSure(store), `${loss}: the doubt of before does not end`)

        // The second instance is as far ahead as is allowed, nearly: what it accepts looks as if it were made after the loss.
        const before = await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? honest(stores[0]!) : honest(stores[1]!, 1.5))))
        expect([loss, before.map(([, answer]) => answer).filter((answer) => answer !== 'fresh')]).toEqual([loss, []])
        await forget()
        for (const store of stores) await eventually(() => all(async () => store.spend(aSpend(), now())), `${loss}: does not come back`)

        const again = async () => Promise.all(before.flatMap(([one]) => stores.map(async (store) => store.spend(one, now()))))
        const allowed = loss.startsWith('kept') ? ['forgotten', 'spent'] : ['forgotten']
        expect([loss, (await again()).filter((answer) => !allowed.includes(answer))]).toEqual([loss, []])
        for (const store of stores) await eventually(isSure(store), `${loss}: the doubt does not end`)
        expect([loss, (await again()).filter((answer) => !allowed.includes(answer))]).toEqual([loss, []])
        expect([loss, troubles.includes('memory-lost')]).toEqual([loss, true])
      }
    })
  })
}

async function eventually(holds: () => Promise<boolean>, complaint: string): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(complaint)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
