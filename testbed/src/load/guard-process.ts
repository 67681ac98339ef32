import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { guard } from '@everyhop/guard/node'
import { createRedisReplayStore } from '@everyhop/guard/redis'
import { createClient } from 'redis'
import { AUDIENCE, BASE, CLOCK_DIFFERENCE, type GuardSetUp } from './load-options.js'

/** One instance of an application behind the guard, as a process of its own that may be killed at any time. */

const { issuer, redisPort, port, ledger } = JSON.parse(process.argv[2]!) as GuardSetUp
const client = createClient({ url: `redis://127.0.0.1:${redisPort}`, disableOfflineQueue: true, socket: { reconnectStrategy: 100 } })
client.on('error', () => {}) // it says so at each attempt to connect again; requests are refused meanwhile
await client.connect()

const check = guard({
  base: BASE,
  audience: AUDIENCE,
  issuer: [{ url: issuer, algs: ['EdDSA'] }],
  replay: createRedisReplayStore({ client, clockDifference: CLOCK_DIFFERENCE, deadlineMs: CLOCK_DIFFERENCE * 1000 }),
  spendDeadlineMs: CLOCK_DIFFERENCE * 1000 + 500,
})
await check.ready()

const letIn = openSync(ledger, 'a')
const server = createServer((request, response) => {
  void check(request, response).then((isAllowed) => {
    if (!isAllowed) return
    writeSync(letIn, `${request.url!.slice(1)}\n`)
    response.end('ok')
  })
})
server.keepAliveTimeout = 60_000
server.listen(port, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
