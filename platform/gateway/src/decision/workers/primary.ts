import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import type { ReplayStore } from '@everyhop/verifier'
import type { Ruling } from '../../decider.js'
import { addSeries, type Series } from '../metrics.js'
import { createRetryMemory } from '../retry-memory.js'
import { preparePrivately } from '../unix-socket.js'
import { isFromWorker, type Ask, type FromWorker, type OnceAnswer, type SetUpAnswer, type ToWorker } from './messages.js'

export type WorkersOptions = {
  /** Processes that decide. */
  readonly count: number
  /** The unix sockets that they listen on. */
  readonly sockets: readonly string[]
  /** Text of the slice that they begin with. */
  readonly slice: string
  /** The one memory of them all, where it is kept here; absent where it is kept outside. */
  readonly replay?: ReplayStore
  /** Told what an operator should know. */
  readonly say: (line: string) => void
}

export type Workers = {
  /** Resolves once all of them listen. */
  readonly listening: Promise<void>
  /** Hands them another slice, which was found good here. */
  readonly reload: (slice: string) => void
  /** Has them finish what is under way; after `graceMs` (default 6,000) they are ended. */
  readonly close: (graceMs?: number) => Promise<void>
}

const MAX_REMEMBERED = 65_536
const COUNT_PATIENCE_MS = 500
/** One that dies at once would else be started again and again without a pause. */
const RESTART_PAUSE_MS = 1_000

/**
 * Runs this very program again as several workers, which share the gateway's channel and decide each by itself. What only one can keep
 * is kept here: the memory of what was spent, that of the gateway's retries, the key of sealed answers. One that dies is started again.
 */
export async function startWorkers({ count, sockets, slice, replay, say }: WorkersOptions): Promise<Workers> {
  for (const socket of sockets) await preparePrivately(socket)
  const sealKey = randomBytes(32).toString('base64')
  const retries = createRetryMemory<Ruling>(MAX_REMEMBERED, () => performance.now())
  /** Who waits for a worker to decide a request of which a copy came. */
  const deciding = new Map<string, { readonly worker: Worker; readonly settle: (ruling: Ruling) => void }>()
  const counting = new Map<number, (series: Series) => void>()
  const ours = new Set<Worker>()
  let inForce = slice
  let isClosing = false
  let lastCount = 0

  const tell = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message, () => undefined)
  }

  async function once(worker: Worker, key: string): Promise<OnceAnswer> {
    let isFirst = false
    const ruling = retries.once(key, () => {
      isFirst = true
      return new Promise((settle) => deciding.set(key, { worker, settle }))
    })
    return isFirst ? 'first' : ruling
  }

  /** What a worker does not tell in time is missing from the sum, and the sum says so by its number of workers. */
  function seriesOf(worker: Worker): Promise<Series> {
    const n = (lastCount += 1)
    return new Promise((resolve) => {
      const done = (series: Series): void => {
        clearTimeout(late)
        counting.delete(n)
        resolve(series)
      }
      const late = setTimeout(() => done({}), COUNT_PATIENCE_MS)
      counting.set(n, done)
      tell(worker, { everyhop: 'count', n })
    })
  }

  async function answerTo(worker: Worker, ask: Ask): Promise<unknown> {
    switch (ask.what) {
      case 'set-up':
        return { sealKey, slice: inForce } satisfies SetUpAnswer
      case 'once':
        return once(worker, ask.key)
      case 'spend':
        return replay ? replay.spend(ask.spend, ask.now) : 'unavailable'
      case 'series':
        return addSeries(await Promise.all([...ours].map(seriesOf)))
    }
  }

  function heard(worker: Worker, message: FromWorker): void {
    switch (message.everyhop) {
      case 'ask': {
        const { n, ask } = message
        // What cannot be answered is left open: the one who asked waits no longer than it can, and refuses.
        answerTo(worker, ask).then(
          (answer) => tell(worker, { everyhop: 'answer', n, answer }),
          () => undefined,
        )
        return
      }
      case 'decided':
        deciding.get(message.key)?.settle(message.ruling)
        deciding.delete(message.key)
        return
      case 'counted':
        counting.get(message.n)?.(message.series)
    }
  }

  function start(): void {
    const worker = cluster.fork()
    const startedAt = performance.now()
    ours.add(worker)
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) heard(worker, message)
    })
    worker.on('error', () => undefined)
    worker.once('exit', (status, signal) => {
      ours.delete(worker)
      for (const [key, { worker: decider }] of deciding) if (decider === worker) deciding.delete(key)
      if (isClosing) return
      say(`a worker ended (${signal ?? `status ${status}`}); another one takes its place`)
      setTimeout(() => isClosing || start(), performance.now() - startedAt < RESTART_PAUSE_MS ? RESTART_PAUSE_MS : 0)
    })
  }

  const listening = new Promise<void>((resolve) => {
    const heardOf = new Set<number>()
    cluster.on('listening', ({ id }) => {
      heardOf.add(id)
      if (heardOf.size >= count) resolve()
    })
  })
  for (let index = 0; index < count; index += 1) start()

  return {
    listening,
    reload(next) {
      inForce = next
      for (const worker of ours) tell(worker, { everyhop: 'reload', slice: next })
    },
    async close(graceMs = 6_000) {
      isClosing = true
      const gone = [...ours].map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
      for (const worker of ours) tell(worker, { everyhop: 'drain' })
      const late = setTimeout(() => ours.forEach((worker) => worker.process.kill('SIGKILL')), graceMs)
      await Promise.all(gone)
      clearTimeout(late)
    },
  }
}
