import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { honest, options } from './guard.testkit.js'
import { guard } from './node.js'
import { listen, send } from './wire.testkit.js'

test.each(['spent', 'fresh'] as const)('a request that somebody answered while it was judged (%s) rejects nothing', async (answer) => {
  const settled: unknown[] = []
  const server = createServer((request, response) => {
    const spend = () => {
      response.writeHead(504).end('too late')
      return Promise.resolve(answer)
    }
    const check = guard({ ...options(), replay: { spend } })
    void check(request, response).then(
      (mayPass) => settled.push(mayPass),
      (error) => settled.push(error),
    )
  })
  await listen(server)
  expect(await send(server, { fields: honest() })).toMatchObject({ status: 504, body: 'too late' })
  await expect.poll(() => settled).toEqual([answer === 'fresh'])
  server.close()
})
