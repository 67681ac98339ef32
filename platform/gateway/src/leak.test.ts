import { createKeyPair } from '@everyhop/proof'
import { mkdtemp } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createMemoryReplayStore, type ReplayStore } from '@everyhop/verifier'
import { afterAll, expect, test } from 'vitest'
import { createDecisionService, type DecisionServiceOptions } from './decision/decision-service.js'
import { application, certificates, credentials, edgeSlice, issuerFetch, KEYS, proofFor, receiptsSink, send, tokenFor, valuesOf } from './gateway.testkit.js'
import { REMOVAL_DIGEST } from './sensitive-fields.js'
import { createProxy, type ProxyOptions } from './proxy/proxy.js'

/** No token, proof or key comes out of a gateway: in no receipt, answer, log or console. What it passes on is for the next hop. */

/** So much of a secret in one piece is a leak of it. */
const PIECE = 20
const pieces = new Set<string>()
const hide = (secret: string): void => {
  for (let start = 0; start + PIECE <= secret.length; start += 1) pieces.add(secret.slice(start, start + PIECE))
}
const leaksIn = (text: string): readonly string[] => {
  const found: string[] = []
  for (let start = 0; start + PIECE <= text.length; start += 1) if (pieces.has(text.slice(start, start + PIECE))) found.push(text.slice(start, start + PIECE))
  return found
}
for (const { publicKey, privateKey } of Object.values(KEYS)) {
  const { d, x, y } = { ...publicKey.export({ format: 'jwk' }), ...privateKey.export({ format: 'jwk' }) }
  for (const part of [d, x, y]) hide(part!)
  for (const part of [d, x, y]) hide(Buffer.from(part!, 'base64url').toString('base64'))
}

const out: unknown[] = []
const sink = receiptsSink()
const methods = ['log', 'warn', 'error', 'info', 'debug'] as const
const before = methods.map((name) => console[name])
for (const name of methods) console[name] = (...values: unknown[]) => void out.push(...values)
afterAll(() => methods.forEach((name, index) => (console[name] = before[index]!)))

/** Fields as they are sent; what is secret in them is kept as that. */
function secret(fields: readonly string[]): string[] {
  for (const value of fields.filter((_, index) => index % 2 === 1)) for (const part of value.split(/[ .]/)) hide(part)
  return [...fields]
}
const thief = createKeyPair('ec', { namedCurve: 'P-256' })
const honest = (): string[] => secret(credentials())
const REQUESTS: Readonly<Record<string, () => string[]>> = {
  honest,
  'proof.method': () => secret(credentials({ htm: 'POST' })),
  'proof.stale': () => secret(credentials({ iat: 1 })),
  'token.scheme': () => secret(['Authorization', `Bearer ${tokenFor()}`]),
  'token.confirmation': () => secret(['Authorization', `DPoP ${tokenFor({ x: 'y' })}`, 'DPoP', proofFor('x')]),
  'token.other-key': () => {
    const of = tokenFor({ jkt: 'A'.repeat(43) })
    return secret(['Authorization', `DPoP ${of}`, 'DPoP', proofFor(of)])
  },
  'token.malformed': () => secret(['Authorization', `DPoP ${tokenFor()}.x`]),
  'request.uncredentialed': () => secret(['DPoP', proofFor(tokenFor())]),
}

const telling = (): never => {
  throw new Error(`cannot: ${honest().join(' ')} ${JSON.stringify(thief.privateKey.export({ format: 'jwk' }))}`)
}
/** Each breaks in its own way, and tells what it was given. */
const BROKEN: Readonly<Record<string, Partial<ProxyOptions & DecisionServiceOptions>>> = {
  'keys.unavailable': { fetch: () => Promise.resolve().then(telling) },
  'replay.unavailable': {
    slice: edgeSlice({ replayAuthority: true }),
    replay: { ...createMemoryReplayStore({ since: 'always' }), spend: () => Promise.resolve().then(telling) } as ReplayStore,
  },
}

const codeOfLast = (): string => sink.receipts.at(-1)?.code ?? 'honest'

test('a hop that ends TLS', async () => {
  const app = await application()
  const pki = await certificates()
  const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
  for (const line of pki.server.key.split('\n')) hide(line)
  const common = { slice: edgeSlice(), key: KEYS.edge.privateKey, tls, upstreams: { orders: app.address }, fetch: issuerFetch, sink }
  for (const [what, changes] of Object.entries({ sound: {}, ...BROKEN })) {
    const hop = await createProxy({ ...common, ...changes })
    const port = Number(new URL(hop.url).port)
    for (const [code, fields] of what === 'sound' ? Object.entries(REQUESTS) : [[what, honest] as const]) {
      out.push(await send(port, 'GET', '/orders/1', fields()))
      expect(codeOfLast()).toBe(code)
    }
    await hop.close(50)
  }
  const hop = await createProxy(common)
  await app.close()
  const answer = await send(Number(new URL(hop.url).port), 'GET', '/orders/1', honest())
  out.push(answer)
  expect(answer.status).toBe(502)
  await hop.close(50)
})

test('a decision service', async () => {
  for (const [what, changes] of Object.entries({ sound: {}, ...BROKEN })) {
    const socket = join(await mkdtemp(join(tmpdir(), 'eh-leak-')), 'decide.sock')
    const service = await createDecisionService({ slice: edgeSlice(), key: KEYS.edge.privateKey, socket, fetch: issuerFetch, sink, ...changes })
    for (const [code, fields] of what === 'sound' ? Object.entries(REQUESTS) : [[what, honest] as const]) {
      const question = ['Everyhop-Method', 'GET', 'Everyhop-Target', '/orders/1', 'Everyhop-Request', `${sink.receipts.length}`.padStart(32, 'a')]
      const answer = await ask(socket, ['POST', '/decide'], [...question, 'Everyhop-Removes', REMOVAL_DIGEST, ...fields()])
      expect(codeOfLast()).toBe(code)
      out.push(answer)
      const [sealed] = valuesOf(answer.rawHeaders, 'everyhop-answer')
      if (sealed !== undefined) out.push(await ask(socket, ['GET', '/render'], ['Everyhop-Answer', sealed]))
    }
    await service.close(50)
  }
})

test('of all that, nothing came out', () => {
  const text = inspect([out, sink.receipts], { depth: 9, maxArrayLength: null, maxStringLength: null, showHidden: true })
  const [token] = tokenFor().split('.').slice(1)
  hide(token!)
  expect(leaksIn(`before ${token!.slice(3, 60)} after`)).not.toEqual([])
  expect(sink.receipts.length).toBeGreaterThan(18)
  expect(leaksIn(text)).toEqual([])
})

function ask(socketPath: string, [method, path]: readonly [string, string], fields: readonly string[]) {
  return new Promise<{ status: number; rawHeaders: readonly string[]; body: string }>((resolve, reject) => {
    const headers = ['Host', 'decision', ...fields, 'Connection', 'close', ...(method === 'POST' ? ['Content-Length', '0'] : [])]
    const request = httpRequest({ socketPath, method, path, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, rawHeaders: response.rawHeaders, body }))
    })
    request.once('error', reject)
    request.end()
  })
}
