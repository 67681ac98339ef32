import { NoAnswer } from './no-answer.js'

/** Runs at most `max` tasks at once. Others wait in line for their `patienceMs`; a line that is full turns away at once. */
export type Slots = <T>(patienceMs: number, task: () => Promise<T>) => Promise<T>

export function createSlots(max: number, maxWaiting: number): Slots {
  let busy = 0
  /** In the order in which they came. */
  const waiting = new Set<() => void>()

  async function enter(patienceMs: number): Promise<void> {
    if (busy < max) {
      busy += 1
      return
    }
    if (waiting.size >= maxWaiting) throw new NoAnswer('too many questions at once')
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(new NoAnswer('too many questions at once'))
      }, patienceMs)
      const go = (): void => {
        clearTimeout(timer)
        resolve()
      }
      waiting.add(go)
    })
  }

  /** The place goes to the next in line, or is free. */
  function leave(): void {
    const [next] = waiting
    if (next) {
      waiting.delete(next)
      next()
    } else busy -= 1
  }

  return async (patienceMs, task) => {
    await enter(patienceMs)
    try {
      return await task()
    } finally {
      leave()
    }
  }
}
