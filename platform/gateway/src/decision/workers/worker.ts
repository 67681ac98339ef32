import type { SpendAnswer } from '@everyhop/proof'
import type { ReplayStore } from '@everyhop/verifier'
import type { Ruling } from '../../decider.js'
import type { SharedState } from '../decision-service.js'
import type { Series } from '../metrics.js'
import { isToWorker, type Ask, type FromWorker, type OnceAnswer, type SetUpAnswer } from './messages.js'

/** A worker's end of what it has in common with the others. */
export type Membership = {
  readonly shared: SharedState
  /** Text of the slice in force. */
  readonly slice: string
  /** The one memory of the service, which its first process keeps. */
  readonly replay: ReplayStore
  /** Has this worker served by what is given, for as long as it lives. */
  readonly serve: (duties: Duties) => void
}

export type Duties = {
  readonly series: () => Series
  readonly reload: (slice: string) => void
  readonly drain: () => void
}

/** Milliseconds for an answer of the first process, which only looks something up. */
const PATIENCE_MS = 1_000

/** To be called in a process that `startWorkers` started. */
export async function joinWorkers(): Promise<Membership> {
  const waiting = new Map<number, (answer: unknown) => void>()
  let duties: Duties | undefined
  let last = 0

  const send = (message: FromWorker): void => void process.send?.(message)

  function ask<A>(question: Ask): Promise<A> {
    const n = (last += 1)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(n)
        reject(new Error('the first process does not answer'))
      }, PATIENCE_MS)
      waiting.set(n, (answer) => {
        clearTimeout(late)
        waiting.delete(n)
        resolve(answer as A)
      })
      send({ everyhop: 'ask', n, ask: question })
    })
  }

  process.on('message', (message) => {
    if (!isToWorker(message)) return
    switch (message.everyhop) {
      case 'answer':
        return waiting.get(message.n)?.(message.answer)
      case 'count':
        return send({ everyhop: 'counted', n: message.n, series: duties?.series() ?? {} })
      case 'reload':
        return duties?.reload(message.slice)
      case 'drain':
        return duties?.drain()
    }
  })
  // Without the first process there is nobody to ask.
  process.once('disconnect', () => duties?.drain())

  const { sealKey, slice } = await ask<SetUpAnswer>({ what: 'set-up' })
  return {
    slice,
    replay: { scope: 'process', spend: (spend, now) => ask<SpendAnswer>({ what: 'spend', spend, now }) },
    shared: {
      sealKey: Buffer.from(sealKey, 'base64'),
      seriesOfAll: () => ask<Series>({ what: 'series' }),
      retries: {
        async once(key: string, decide: () => Promise<Ruling>) {
          const known = await ask<OnceAnswer>({ what: 'once', key })
          if (known !== 'first') return known
          const ruling = await decide()
          send({ everyhop: 'decided', key, ruling })
          return ruling
        },
      },
    },
    serve: (given) => (duties = given),
  }
}
