import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createDecisionService } from '../decision/decision-service.js'
import { certificates, edgeSlice, freePort, issuerFetch, KEYS } from '../gateway.testkit.js'
import { application, signingService, tcpChannel } from './from-outside.js'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

async function serving(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ending.push(() => new Promise((resolve) => server.close(resolve)))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('whoever answers as the decision service does is found out', () => {
  for (const [what, listener, outcome] of [
    ['a gateway that refuses everything', (_, response) => response.writeHead(403).end(), 'held'],
    ['the answer of a decision', ({ url }, response) => response.writeHead(200, url === '/check' ? { 'Everyhop-Verdict': 'refuse' } : {}).end(), 'broken'],
    ['a sealed refusal', ({ method }, response) => response.writeHead(403, method === 'POST' ? { 'Everyhop-Answer': 'x' } : {}).end(), 'broken'],
    ['its health', ({ url }, response) => response.end(url === '/readyz' ? '{"status":"serving","chain":"orders"}' : ''), 'broken'],
    ['its metrics', ({ url }, response) => response.end(url === '/metrics' ? '# HELP x\neveryhop_decisions_total 1\n' : ''), 'broken'],
  ] as const satisfies readonly (readonly [string, RequestListener, string])[]) {
    test(what, async () => expect(await signingService(`http://${await serving(listener)}`)).toMatchObject({ outcome }))
  }

  test('where nobody answers it is not known', async () => {
    expect(await signingService(`http://127.0.0.1:${await freePort()}`)).toMatchObject({ outcome: 'unknown' })
  })
})

describe('the channel over TCP', () => {
  test('with its certificates answers nobody else; without any it is open; where nobody listens it is not known', async () => {
    const pki = await certificates()
    const { cert: certificate, key } = pki.server
    const tcp = { host: '127.0.0.1', port: 0, certificate, key, gateways: pki.client.cert }
    const service = await createDecisionService({ slice: edgeSlice(), key: KEYS.edge.privateKey, fetch: issuerFetch, tcp })
    ending.push(
      () => service.close(50),
      () => rm(pki.dir, { recursive: true }),
    )
    expect(await tcpChannel(new URL(service.addresses[0]!).host)).toMatchObject({ outcome: 'held' })
    expect(await tcpChannel(await serving((_, response) => response.end()))).toMatchObject({ outcome: 'broken' })
    expect(await tcpChannel(`127.0.0.1:${await freePort()}`)).toMatchObject({ outcome: 'unknown' })
  })
})

test('an application of this machine says nothing about the network; elsewhere silence holds', async () => {
  expect(await application('orders', 'http://127.0.0.1:8080')).toMatchObject({ outcome: 'not here' })
  expect(await application('orders', 'http://orders.invalid:8080')).toMatchObject({ outcome: 'held' })
})
