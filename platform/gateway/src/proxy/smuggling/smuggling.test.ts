import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificates, edgeSlice, issuerFetch, KEYS } from '../../gateway.testkit.js'
import { createProxy } from '../proxy.js'
import { CASES, honestHead, type Case } from './families.testkit.js'
import { requestLine, startBackend, startNaiveFront, type Backend } from './naive.testkit.js'
import { rawConnection, statusOf } from './raw-client.testkit.js'

/** The published families of request smuggling, over raw sockets: against the own proxy, and against a careless one that falls for each. */

let pki: Awaited<ReturnType<typeof certificates>>
beforeAll(async () => {
  pki = await certificates()
})

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const BREACH = 'what nobody decided arrived, or an answer went to somebody else'

/** The attacker's requests, then an honest one of somebody else: what the backend saw, and what each was told. */
async function attack(port: number, backend: Backend, { sends }: Case): Promise<{ readonly status: number; readonly breach: string | undefined }> {
  const [first = '', ...later] = sends()
  const attacker = await rawConnection(port)
  closing.push(attacker.close)
  attacker.write(first)
  let told = attacker.answer()
  for (const piece of later) {
    const status = statusOf(await told)
    attacker.write(piece)
    told = Promise.resolve(`HTTP/1.1 ${status}`)
  }
  // It is there before the honest one comes: answered, or on its way.
  await Promise.race([told, backend.touched])
  const victim = await rawConnection(port)
  closing.push(victim.close)
  victim.write(honestHead())
  const [answer, status] = await Promise.all([victim.answer(), told.then(statusOf)])
  const own = 'GET /orders/2 HTTP/1.1'
  const decided = [own, 'POST /orders/1 HTTP/1.1', 'GET /orders/1 HTTP/1.1']
  const lines = backend.heads.map(requestLine)
  const isWhole = lines.every((line) => decided.includes(line)) && lines.includes(own) && answer.endsWith(own)
  const isForged = backend.heads.some((head) => /^x-user:|^expect:|^transfer_encoding:/im.test(head))
  return { status, breach: isWhole && !isForged ? undefined : BREACH }
}

test('each family is tried', () => {
  const families = ['CL.TE', 'TE.CL', 'CL.CL', 'TE.TE', 'CL.0', '0.CL', 'pause', 'trailer', 'Expect', 'upgrade', 'response queue']
  expect([...new Set(CASES.map(({ family }) => family))]).toEqual(families)
})

describe.each(CASES)('$family: $title', (one) => {
  test('the own proxy holds', async () => {
    const backend = await startBackend(one.backend)
    const proxy = await createProxy({
      slice: edgeSlice(),
      key: KEYS.edge.privateKey,
      fetch: issuerFetch,
      tls: { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert },
      upstreams: { orders: backend.address },
    })
    closing.push(backend.close, () => proxy.close(0))
    expect(await attack(Number(new URL(proxy.url).port), backend, one)).toEqual({ status: one.status, breach: undefined })
  })

  test('a careless one does not', async () => {
    const backend = await startBackend(one.backend)
    const front = await startNaiveFront(pki.server, backend, one.front)
    closing.push(backend.close, front.close)
    expect((await attack(front.port, backend, one)).breach).toBe(BREACH)
  })
})
