import { afterEach, describe, expect, test } from 'vitest'
import { gatewayContract, startEdge, type Edit } from '../gateway-contract.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { credentials, FORGED, forgedValues, send, valuesOf } from '../gateway.testkit.js'
import { NGINX } from './nginx.testkit.js'

gatewayContract(NGINX)
gatewayStreams(NGINX)

describe.skipIf(!NGINX.isInstalled)('what only nginx can do wrong', () => {
  let edge: Awaited<ReturnType<typeof startEdge>> | undefined
  const up = async (edit?: Edit) => (edge = await startEdge(NGINX, {}, edit))
  afterEach(() => edge?.close())

  for (const to of ['/__everyhop/decide', '/orders/2']) {
    test(`an answer of the application leads neither to the service nor to another path than the one decided: X-Accel-Redirect ${to}`, async () => {
      const { port, orders } = await up()
      orders.answer = (response) => response.writeHead(200, { 'X-Accel-Redirect': to }).end('mine')
      const answer = await send(port, 'GET', '/orders/1', credentials())
      expect([answer.status, answer.body, valuesOf(answer.rawHeaders, 'signature')]).toEqual([200, 'mine', []])
      expect(orders.received.map(({ url }) => url)).toEqual(['/orders/1'])
    })
  }

  const leaky: Edit = (text) => text.replaceAll(/proxy_set_header (X-User|X-SSL-Client-Cert|X-Original-URL) '';/g, '')

  test('broken twin: without its hygiene the same fields arrive', async () => {
    const { port, orders } = await up(leaky)
    expect((await send(port, 'GET', '/orders/1', [...credentials(), ...FORGED])).status).toBe(200)
    expect(forgedValues(orders.received[0]!.rawHeaders)).toEqual(['admin', 'x', '/admin'])
  })

  test('and the service refuses them once it is not told that they are removed', async () => {
    const { port } = await up((text, name) => leaky(text, name).replaceAll(/Everyhop-Removes \S+;/g, "Everyhop-Removes '';"))
    const refused = await send(port, 'GET', '/orders/1', [...credentials(), ...FORGED])
    expect([refused.status, JSON.parse(refused.body)]).toEqual([403, expect.objectContaining({ code: 'path.stray' })])
  })
})
