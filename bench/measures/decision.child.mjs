import cluster from 'node:cluster'
import { createPrivateKey } from 'node:crypto'
import { createServer } from 'node:http'
import { createDecisionService, joinWorkers, startWorkers } from '@everyhop/gateway'
import { fetchKeys } from '../everyhop.mjs'

/**
 * What nginx asks: the decision service in two workers, or one that says yes without looking. Sends a message once it listens, and its
 * CPU time whenever it is asked.
 */
const { socket, slice, jwks, key } = JSON.parse(process.argv[2] ?? '{}')
const WORKERS = 2

if (cluster.isWorker) await decide(await joinWorkers())
else await begin()

async function begin() {
  const workers = slice && (await startWorkers({ count: WORKERS, sockets: [socket], slice: JSON.stringify(slice), say: console.error }))
  await (workers ? workers.listening : listenBlindly())
  process.send?.('listening')
  process.on('message', () => void cpu().then((used) => process.send?.(used)))
  process.on('disconnect', () => void Promise.resolve(workers?.close()).then(() => process.exit()))
}

/** @param {import('@everyhop/gateway').Membership} membership */
async function decide({ shared, serve }) {
  const service = await createDecisionService({
    slice: { slice, digest: 'bench' },
    key: createPrivateKey({ key, format: 'jwk' }),
    socket,
    fetch: fetchKeys(/** @type {any} */ ({ jwks })),
    shared,
  })
  await service.ready()
  serve({ series: service.series, reload: () => {}, drain: () => void service.close().then(() => process.exit()) })
  process.on('message', (message) => message === 'cpu' && process.send?.({ cpu: process.cpuUsage() }))
}

/** Microseconds of this process and of its workers. */
async function cpu() {
  const others = Object.values(cluster.workers ?? {}).map(
    (worker) =>
      /** @type {Promise<NodeJS.CpuUsage>} */ (
        new Promise((resolve) => {
          const heard = (/** @type {any} */ message) => {
            if (message.cpu === undefined) return
            worker?.off('message', heard)
            resolve(message.cpu)
          }
          worker?.on('message', heard)
          worker?.send('cpu')
        })
      ),
  )
  const all = [process.cpuUsage(), ...(await Promise.all(others))]
  return { user: all.reduce((sum, { user }) => sum + user, 0), system: all.reduce((sum, { system }) => sum + system, 0) }
}

function listenBlindly() {
  const server = createServer((_, response) => response.writeHead(204, { 'Everyhop-Next': 'orders' }).end())
  return new Promise((resolve) => server.listen(socket, () => resolve(undefined)))
}
