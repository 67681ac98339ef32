import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { gatewayContract, startEdge, type Edit } from '../gateway-contract.testkit.js'
import { gatewayFailures } from '../gateway-failure.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { credentials, FORGED, forgedValues, send, valuesOf } from '../gateway.testkit.js'
import { gatewayTls } from '../gateway-tls.testkit.js'
import { NGINX } from './nginx.testkit.js'

gatewayContract(NGINX)
gatewayFailures(NGINX)
gatewayStreams(NGINX)
gatewayTls(NGINX, {
  resumes: false,
  withPlainHost: (text) => {
    const [listen, certificate, key] = [/listen .*;/, /ssl_certificate .*;/, /ssl_certificate_key .*;/].map((line) => line.exec(text)![0])
    return text.replace(/}\n$/, `server { ${listen} server_name plain.test; ${certificate} ${key} location / { return 200 plain; } }\n}\n`)
  },
})

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

  test('early data is refused so that it is sent again, where somebody turns it on', async () => {
    const { port, dir, orders } = await up((text) => text.replace('ssl_session_tickets off;', '').replace('ssl_early_data off;', 'ssl_early_data on;'))
    const session = join(dir, 'session')
    const file = join(dir, 'early')
    await writeFile(file, `GET /orders/1 HTTP/1.1\r\nHost: api.test\r\nAuthorization: ${credentials()[1]}\r\nConnection: close\r\n\r\n`)
    const client = (...more: string[]) => openssl(['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'api.test', '-tls1_3', '-ign_eof', ...more])
    await client('-sess_out', session)
    const said = await client('-sess_in', session, '-early_data', file)
    expect(said).toMatch(/Early data was accepted/)
    expect(said).toMatch(/HTTP\/1\.1 425 /)
    expect(orders.received).toEqual([])
  })

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

/** Its own client is the only one at hand that sends early data. Asks for something first, so that a session is given. */
function openssl(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [client.stdout, client.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    client.on('error', reject).on('close', () => resolve(said))
    if (!args.includes('-early_data')) client.stdin.write('GET /other HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n')
    client.stdin.on('error', () => undefined)
  })
}
