import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BASE, honest, JWKS, token } from './guard.testkit.js'
import { listen, portOf, send } from './wire.testkit.js'

/** The examples as they stand, against an issuer of the test. */

const EXAMPLES: readonly (readonly [name: string, path: string, platform: string])[] = [
  ['guard-express', 'guard-express/app.js', ''],
  ['nestjs on Express', 'nestjs/app.js?express', 'express'],
  ['nestjs on Fastify', 'nestjs/app.js?fastify', 'fastify'],
]

let issuer: Server
let url: string
beforeAll(async () => {
  issuer = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(request.url === '/jwks' ? JWKS : JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }))
  })
  await listen(issuer)
  url = `http://127.0.0.1:${portOf(issuer)}`
})
afterAll(() => void issuer.close())

describe.each(EXAMPLES)('%s', (_, path, platform) => {
  let server: Server
  beforeAll(async () => {
    for (const [name, value] of Object.entries({ BASE, ISSUER: url, PORT: '0', PLATFORM: platform })) vi.stubEnv(name, value)
    // The memory of a process that has just started begins with it; the tests do not wait until that has passed.
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 600_000)
    const loaded = (await import(new URL(`../../../examples/${path}`, import.meta.url).href)) as { readonly server: Server }
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    server = loaded.server
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  })
  afterAll(() => void server.close())

  test('lets an honest request through, once', async () => {
    const fields = honest(token({ iss: url }))
    const answer = await send(server, { fields })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { order: '1', for: 'shop' }])
    expect((await send(server, { fields })).status).toBe(401)
  })

  test('refuses the rest', async () => {
    const answer = await send(server, { fields: [`Authorization: Bearer ${token({ iss: url })}`] })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'token.scheme'])
  })
})

test('the ten lines on the page of the package are those of the example', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const [, shown] = /```js\n([^]*?)```/.exec(read('application/guard/README.md')) ?? []
  expect(shown).toBe(read('examples/guard-express/app.js'))
  expect(shown?.split('\n').filter((line) => line !== '')).toHaveLength(8)
})
