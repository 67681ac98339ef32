import { request as httpsRequest, type RequestOptions } from 'node:https'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificates, credentials, edgeSlice, issuerFetch, KEYS, type Answer } from '../gateway.testkit.js'
import { createDecisionService, type DecisionService } from './decision-service.js'
import type { TcpChannel } from './channels.js'

/** Here `client` is the gateway, and `stranger` one of the same name that nobody pinned. */
let pki: Awaited<ReturnType<typeof certificates>>
let service: DecisionService
beforeAll(async () => {
  pki = await certificates()
  service = await serve({})
})
afterAll(async () => {
  await service.close(50)
  await rm(pki.dir, { recursive: true })
})

const serve = (tcp: Partial<TcpChannel>): Promise<DecisionService> =>
  createDecisionService({
    slice: edgeSlice(),
    key: KEYS.edge.privateKey,
    fetch: issuerFetch,
    tcp: { host: '127.0.0.1', port: 0, certificate: pki.server.cert, key: pki.server.key, gateways: pki.client.cert, ...tcp },
  })

function ask(tls: RequestOptions, fields: readonly string[] = []): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = ['Host', 'decision', ...fields, 'Connection', 'close']
    const sent = httpsRequest(`${service.addresses[0]}/check`, { ...tls, headers, agent: false, rejectUnauthorized: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, rawHeaders: response.rawHeaders, body }))
    })
    sent.once('error', reject)
    sent.end()
  })
}

const question = (): string[] => ['Everyhop-Method', 'GET', 'Everyhop-Target', '/orders/1', 'Everyhop-Request', 'a'.repeat(32), ...credentials()]

describe('over TCP only the very certificates that are registered may ask', () => {
  test("the gateway's own", async () => {
    const { cert, key } = pki.client
    expect((await ask({ cert, key }, question())).status).toBe(200)
  })

  for (const [what, tls] of [
    ['none', () => ({})],
    ['one of the same name', () => ({ cert: pki.stranger.cert, key: pki.stranger.key })],
    ["the service's own", () => ({ cert: pki.server.cert, key: pki.server.key })],
    ['an older TLS', () => ({ cert: pki.client.cert, key: pki.client.key, maxVersion: 'TLSv1.2' as const })],
  ] as const) {
    test(`refused without an answer: ${what}`, async () => {
      await expect(ask(tls(), question())).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPROTO|ERR_SSL/) as string })
    })
  }
})

test('certificates that are none stop the start', async () => {
  await expect(serve({ gateways: '' })).rejects.toMatchObject({ code: 'config.gateways' })
  await expect(serve({ gateways: pki.client.cert.replace(/\n\w{4}/, '\nAAAA') })).rejects.toMatchObject({ code: 'config.gateways' })
  await expect(createDecisionService({ slice: edgeSlice(), key: KEYS.edge.privateKey })).rejects.toMatchObject({ code: 'config.channel' })
})
