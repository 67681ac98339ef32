import { createPrivateKey } from 'node:crypto'
import { createServer } from 'node:http'
import { createDecisionService } from '@everyhop/gateway'
import { fetchKeys } from '../everyhop.mjs'

/** What nginx asks: the decision service, or one that says yes without looking. Sends a message once it listens, and its CPU time whenever it is asked. */
const { socket, slice, jwks, key } = JSON.parse(process.argv[2] ?? '{}')

if (slice) {
  const { ready } = await createDecisionService({
    slice: { slice, digest: 'bench' },
    key: createPrivateKey({ key, format: 'jwk' }),
    socket,
    fetch: fetchKeys(/** @type {any} */ ({ jwks })),
  })
  await ready()
} else {
  const server = createServer((_, response) => response.writeHead(204, { 'Everyhop-Next': 'orders' }).end())
  await new Promise((resolve) => server.listen(socket, () => resolve(undefined)))
}
process.send?.('listening')
process.on('message', () => process.send?.(process.cpuUsage()))
process.on('disconnect', () => process.exit())
