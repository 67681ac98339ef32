import { expect, test } from 'vitest'
import { BudgetError, createBudget } from './budget.js'

function budgetOf(max: number, requestsPerSecond: number) {
  let now = 1_000
  const waits: number[] = []
  const wait = async (ms: number): Promise<void> => {
    waits.push(ms)
    now += ms
  }
  return { budget: createBudget({ requestsPerSecond, max, clock: () => now, wait }), waits }
}

test('requests leave no closer together than the rate allows', async () => {
  const { budget, waits } = budgetOf(10, 4)
  for (let index = 0; index < 3; index++) await budget.take()
  expect(waits).toEqual([250, 250])
})

test('requests taken at once still queue one behind the other', async () => {
  const at: number[] = []
  const budget = createBudget({ requestsPerSecond: 10, max: 10, clock: () => 0, wait: async (ms) => void at.push(ms) })
  await Promise.all([budget.take(), budget.take(), budget.take()])
  expect(at).toEqual([100, 200])
})

test('beyond its total a run sends nothing', async () => {
  const { budget } = budgetOf(2, 1_000)
  await budget.take()
  await budget.take()
  await expect(budget.take()).rejects.toThrow(BudgetError)
  expect(budget.spent()).toBe(2)
})
