import { connect, type ConnectionOptions } from 'node:tls'
import { sha256 } from '@everyhop/proof'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startEdge, type Edit, type RealGateway } from './gateway-contract.testkit.js'
import { credentials, tokenFor, valuesOf } from './gateway.testkit.js'

export type TlsTraits = {
  /** Adds a host `plain.test` on the same port, with the same certificate, that asks for no client certificate. */
  readonly withPlainHost: Edit
  /** Whether a session goes on with the certificate that opened it. Lawful: the session is proof of it. */
  readonly resumes: boolean
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
const ORDER = ['GET /orders/1 HTTP/1.1', 'Host: api.test', 'Connection: close']

/** What a client can try with certificates, sessions and names: the binding decides, whatever TLS let through. */
export function gatewayTls(gateway: RealGateway, { withPlainHost, resumes }: TlsTraits): void {
  describe.skipIf(!gateway.isInstalled)(`certificates and sessions at the real ${gateway.product}`, () => {
    let edge: Awaited<ReturnType<typeof startEdge>> | undefined
    const up = async () => (edge ??= await startEdge(gateway, {}, withPlainHost))
    afterEach(() => {
      if (edge) edge.orders.received.length = 0
    })
    afterAll(() => edge?.close())
    const bearer = (der: Uint8Array) => `Authorization: Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`

    for (const [what, which] of [
      ['a certificate of an unknown CA', 'stranger'],
      ['an expired certificate', 'expired'],
    ] as const) {
      for (const maxVersion of VERSIONS) {
        test(`${what} opens nothing, for a token that is bound to it either: ${maxVersion}`, async () => {
          const { port, pki, orders } = await up()
          const { cert, key, der } = pki[which]
          const answer = await ask(port, [...ORDER, bearer(der)], { cert, key, maxVersion })
          expect(answer.status === undefined || answer.status >= 400).toBe(true)
          expect(orders.received).toEqual([])
        })
      }
    }

    for (const maxVersion of VERSIONS) {
      test(`a session goes on with its own certificate or without any: ${maxVersion}`, async () => {
        const { port, pki, orders } = await up()
        const { cert, key, der } = pki.client
        const first = await ask(port, [...ORDER, bearer(der)], { cert, key, maxVersion })
        expect(first.status).toBe(200)
        const session = first.session === undefined ? {} : { session: first.session }
        const again = await ask(port, [...ORDER, bearer(der)], { ...session, maxVersion })
        expect([again.status, again.isResumed]).toEqual(resumes ? [200, true] : [401, false])
        const other = await ask(port, [...ORDER, bearer(pki.stranger.der)], { ...session, maxVersion })
        expect(other.status).toBe(401)
        const conveyed = orders.received.flatMap(({ rawHeaders }) => valuesOf(rawHeaders, 'client-cert'))
        expect(new Set(conveyed)).toEqual(new Set([`:${der.toString('base64')}:`]))
      })

      test(`a session of a host without certificates is none of this one: ${maxVersion}`, async () => {
        const { port, pki, orders } = await up()
        const plain = await ask(port, ['GET / HTTP/1.1', 'Host: plain.test', 'Connection: close'], { servername: 'plain.test', maxVersion })
        expect([plain.status, plain.body]).toEqual([200, 'plain'])
        const session = plain.session === undefined ? {} : { session: plain.session }
        const answer = await ask(port, [...ORDER, bearer(pki.client.der)], { ...session, maxVersion })
        expect(answer.status === undefined || answer.status >= 400).toBe(true)
        expect(orders.received).toEqual([])
      })

      test(`the name of another host in TLS: ${maxVersion}`, async () => {
        const { port, pki, orders } = await up()
        const { cert, key, der } = pki.client
        const proven = credentials()
        for (const fields of [[bearer(der)], [`Authorization: ${proven[1]}`, `DPoP: ${proven[3]}`]]) {
          expect((await ask(port, [...ORDER, ...fields], { cert, key, servername: 'plain.test', maxVersion })).status).toBe(421)
        }
        expect(orders.received).toEqual([])
      })
    }

    test('no name in TLS: no certificate-bound token without its certificate', async () => {
      const { port, pki, orders } = await up()
      const answer = await ask(port, [...ORDER, bearer(pki.client.der)], { servername: '' })
      expect(answer.status === undefined || answer.status >= 400).toBe(true)
      expect(orders.received).toEqual([])
    })

    test('a client cannot begin TLS again on a connection', async () => {
      const { port } = await up()
      const socket = connect({ host: '127.0.0.1', port, servername: 'api.test', rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      const isRefused = await new Promise<boolean>((resolve) => {
        socket.on('error', () => resolve(true)).on('close', () => resolve(true))
        socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error !== null))
        socket.write(`${ORDER.join('\r\n')}\r\n\r\n`)
      })
      socket.destroy()
      expect(isRefused).toBe(true)
    })
  })
}

type Answered = { readonly status?: number; readonly body: string; readonly session?: Buffer; readonly isResumed: boolean }

/** One request on a connection of its own. No status where TLS or the connection failed. */
export function ask(port: number, lines: readonly string[], options: ConnectionOptions): Promise<Answered> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'api.test', rejectUnauthorized: false, ...options })
    let [text, isResumed] = ['', false]
    let session: Buffer | undefined
    const end = (): void => {
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
      const body = text.slice(text.indexOf('\r\n\r\n') + 4)
      resolve({ body, isResumed, ...(status === undefined ? {} : { status: Number(status) }), ...(session === undefined ? {} : { session }) })
    }
    socket.on('secureConnect', () => {
      isResumed = socket.isSessionReused()
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    })
    socket.on('session', (made: Buffer) => (session = made))
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('error', end).on('close', end)
  })
}
