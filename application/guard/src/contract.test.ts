import type { Server } from 'node:http'
import { createSecureServer, type Http2Server } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADAPTERS, serve, serveHttp2, WITHOUT_HTTP2, type Opened } from './adapters.testkit.js'
import { boundToCertificate, CLIENT, honest, identity, options, proof, routed, SERVER, signed, SLICE, token } from './guard.testkit.js'
import { listen, send, sendOverHttp2, sendOverTls, type Line } from './wire.testkit.js'

/** A Fetch Request has one value a field, joined, and a URL in which dot segments are resolved before anybody sees it. */
const JOINS: ReadonlySet<string> = new Set(['Fetch'])

const isHonest = { status: 200, body: expect.stringContaining('"client":"shop","binding":"dpop"') as string }

for (const [name, open] of Object.entries(ADAPTERS)) {
  const joins = JOINS.has(name)
  describe(name, () => {
    let server: Server
    let opened: Opened
    beforeAll(async () => {
      opened = await open(options())
      server = serve(opened)
      await listen(server)
    })
    afterAll(() => void server.close())

    test('lets an honest request through and tells the handler what it proved', async () => {
      expect(await send(server, { fields: honest() })).toMatchObject(isHonest)
    })

    test('refuses the copy of a proof', async () => {
      const fields = honest()
      expect((await send(server, { fields })).status).toBe(200)
      const again = await send(server, { fields })
      expect(again.status).toBe(401)
      expect(again.head).toMatch(/^www-authenticate: DPoP error="invalid_dpop_proof", algs="ES256"\r?$/im)
      expect(JSON.parse(again.body)).toMatchObject({ code: 'proof.replayed', hop: 'orders' })
    })

    test('of 64 copies at once exactly one passes', async () => {
      const fields = honest()
      const answers = await Promise.all(Array.from({ length: 64 }, () => send(server, { fields })))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ status, body }) => status === 401 && body.includes('"proof.replayed"'))).toHaveLength(63)
    })

    const of = token()
    const REFUSED: readonly (readonly [what: string, code: string, status: number, line: () => Line])[] = [
      ['nothing sent', 'request.uncredentialed', 401, () => ({ fields: [] })],
      ['a bound token as Bearer', 'token.scheme', 401, () => ({ fields: [`Authorization: Bearer ${of}`] })],
      ['no proof', 'proof.missing', 401, () => ({ fields: [`Authorization: DPoP ${of}`] })],
      ['two proofs', joins ? 'proof.malformed' : 'proof.repeated', 401, () => ({ fields: [...honest(of), `dpop: ${proof(of)}`] })],
      ['two proofs, joined', 'proof.malformed', 401, () => ({ fields: [`Authorization: DPoP ${of}`, `DPoP: ${proof(of)}, ${proof(of)}`] })],
      ['two tokens', 'request.authorization', 400, () => ({ fields: [...honest(of), `Authorization: Bearer ${of}`] })],
      ['the same token twice', 'request.authorization', 400, () => ({ fields: [...honest(of), `Authorization: DPoP ${of}`] })],
      ['a proof for elsewhere', 'proof.target', 401, () => ({ fields: honest(of, { htu: 'https://evil.test/orders/1' }) })],
      ['a proof for another path', 'proof.target', 401, () => ({ fields: honest(of), target: '/orders/2' })],
      ['a proof for another method', 'proof.method', 401, () => ({ fields: [...honest(of), 'Content-Length: 0'], method: 'POST' })],
      ['a certificate in a field', 'path.stray', 403, () => ({ fields: [...honest(of), 'Client-Cert: :AAAA:'] })],
      ['the same with an underscore', 'path.stray', 403, () => ({ fields: [...honest(of), 'Client_Cert: :AAAA:'] })],
      ["a gateway's verdict", 'path.stray', 403, () => ({ fields: [...honest(of), 'X-SSL-Client-Verify: SUCCESS'] })],
      ['an identity', 'path.stray', 403, () => ({ fields: [...honest(of), 'X_Forwarded_User: root'] })],
      ["a hop's field that Connection names", 'path.stray', 403, () => ({ fields: [...honest(of), 'Everyhop-Hop: edge', 'Connection: Everyhop-Hop'] })],
      ['a proof to come in the trailers', 'request.trailer', 400, () => ({ fields: [...honest(of), 'Trailer: DPoP'] })],
      ['a certificate to come in the trailers', 'request.trailer', 400, () => ({ fields: [...honest(of), 'Trailer: X-Sum, Client_Cert'] })],
      ['early data', 'request.early-data', 425, () => ({ fields: [...honest(of), 'Early-Data: 1'] })],
      ...(joins
        ? []
        : ([
            ['dot segments', 'request.target', 400, () => ({ fields: honest(of), target: '/orders/%2e%2e/orders/1' })],
            ['an absolute target', 'request.target', 400, () => ({ fields: honest(of), target: 'http://api.test/orders/1' })],
            ['an absolute target elsewhere', 'request.target', 400, () => ({ fields: honest(of), target: 'https://evil.test/orders/1' })],
          ] as const)),
    ]
    for (const [what, code, status, line] of REFUSED) {
      test(`${what}: ${code}`, async () => {
        const answer = await send(server, line())
        expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
        expect(answer.head).toMatch(/^cache-control: no-store\r?$/im)
        expect(answer.head).toMatch(/^content-type: application\/problem\+json\r?$/im)
        expect(answer.head + answer.body).not.toContain(of)
      })
    }

    test('no credentials: a challenge without an error', async () => {
      const { head } = await send(server, { fields: [] })
      expect(head).toMatch(/^www-authenticate: DPoP algs="ES256"\r?$/im)
      expect(head).not.toContain('error=')
    })

    test('several challenges reach the client', async () => {
      opened.upkeep.reload(signed(routed({ bindings: ['dpop', 'mtls'] })))
      const { head } = await send(server, { fields: [] })
      opened.upkeep.reload(signed(SLICE))
      const fields = head.match(/(?<=^www-authenticate: ).+/gim)
      expect(fields).toHaveLength(joins ? 1 : 2)
      expect(fields?.join(', ')).toMatch(/^DPoP algs="ES256"\s*, Bearer\s*$/)
    })

    test('gives a nonce with a refusal and with a success, which caches must not keep', async () => {
      await opened.upkeep.ready()
      opened.upkeep.reload(signed({ ...SLICE, proof: { ...SLICE.proof, nonce: 'required' } }))
      const { head } = await send(server, { fields: honest() })
      const nonce = /(?<=^dpop-nonce: )\S+/im.exec(head)?.[0]
      expect(head).toContain('error="use_dpop_nonce"')
      const answer = await send(server, { fields: honest(of, { nonce }) })
      opened.upkeep.reload(signed(SLICE))
      expect(answer).toMatchObject(isHonest)
      expect(answer.head).toMatch(/^dpop-nonce: \S+\r?$/im)
      expect(answer.head).toMatch(/^cache-control: no-store\r?$/im)
    })

    test('takes the certificate from the TLS connection itself, and from no other', async () => {
      const { listener, upkeep } = await open(options())
      upkeep.reload(signed(routed({ bindings: ['mtls'] })))
      const tls = createTlsServer(
        { ...identity(SERVER), requestCert: true, rejectUnauthorized: false },
        (request, response) => void listener(request, response),
      )
      await listen(tls)
      const line: Line = { fields: [`Authorization: Bearer ${boundToCertificate(CLIENT)}`] }
      const answers = await Promise.all([CLIENT, SERVER, undefined].map((client) => sendOverTls(tls, line, client)))
      tls.close()
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 401])
      expect(answers[0]!.body).toContain('"client":"shop","binding":"mtls"')
    })

    test('on an observed route a refusal lets the request pass with nothing proven, until the end', async () => {
      for (const [observeUntil, status] of [
        [Date.now() / 1000 + 60, 200],
        [Date.now() / 1000 - 1, 401],
      ] as const) {
        opened.upkeep.reload(signed(routed({ observeUntil })))
        const answer = await send(server, { fields: [`Authorization: Bearer ${of}`] })
        expect(answer.status).toBe(status)
        if (status === 200) expect(answer.body).toBe('{}')
        expect(answer.head).not.toMatch(/^dpop-nonce/im)
      }
      opened.upkeep.reload(signed(SLICE))
    })

    test('keeps the slice in force where another is no good', async () => {
      expect(() => opened.upkeep.reload('version: 1')).toThrow(/everyhop compile/)
      expect((await send(server, { fields: honest() })).status).toBe(200)
    })

    test('proof fields named by Connection are judged all the same', async () => {
      expect(await send(server, { fields: [...honest(), 'Connection: DPoP, Authorization'] })).toMatchObject(isHonest)
    })

    if (!WITHOUT_HTTP2.has(name))
      describe('over HTTP/2', () => {
        let http2: Http2Server
        beforeAll(async () => {
          http2 = serveHttp2(opened)
          await listen(http2)
        })
        afterAll(() => void http2.close())
        const fields = (claims: object = {}) => ({ authorization: `DPoP ${of}`, dpop: proof(of, claims) })

        test('an honest request, and its copy', async () => {
          const headers = fields()
          expect(await sendOverHttp2(http2, headers)).toMatchObject(isHonest)
          const again = await sendOverHttp2(http2, headers)
          expect([again.status, JSON.parse(again.body).code]).toEqual([401, 'proof.replayed'])
          expect(again.headers['www-authenticate']).toBe('DPoP error="invalid_dpop_proof", algs="ES256"')
        })

        test('the certificate of the TLS connection', async () => {
          const { listener, upkeep } = await open(options())
          upkeep.reload(signed(routed({ bindings: ['mtls'] })))
          const tls = createSecureServer({ ...identity(SERVER), requestCert: true, rejectUnauthorized: false }, (request, response) => {
            void listener(request as never, response as never)
          })
          await listen(tls)
          const bearer = { authorization: `Bearer ${boundToCertificate(CLIENT)}` }
          const answers = await Promise.all([CLIENT, SERVER, undefined].map((client) => sendOverHttp2(tls, bearer, undefined, { client })))
          tls.close()
          expect(answers.map(({ status }) => status)).toEqual([200, 401, 401])
        })

        test.each([
          ['two proofs', joins ? 'proof.malformed' : 'proof.repeated', () => ({ ...fields(), dpop: [proof(of), proof(of)] })],
          ['a certificate in a field', 'path.stray', () => ({ ...fields(), 'client-cert': ':AAAA:' })],
          ['an underscore', 'path.stray', () => ({ ...fields(), client_cert: ':AAAA:' })],
          ['another authority', 'proof.target', () => ({ ...fields({ htu: 'https://evil.test/orders/1' }), ':authority': 'evil.test' })],
          ['a proof to come in the trailers', 'request.trailer', () => ({ ...fields(), trailer: 'dpop' })],
        ] as const)('%s: %s', async (_, code, headers) => {
          expect(JSON.parse((await sendOverHttp2(http2, headers())).body).code).toBe(code)
        })
      })
  })
}
