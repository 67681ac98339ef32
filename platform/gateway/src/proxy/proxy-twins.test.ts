import { sha256 } from '@everyhop/proof'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DeciderOptions } from '../decider.js'
import {
  BASE,
  certificates,
  credentials,
  edgeSlice,
  FORGED,
  forgedValues,
  issuerFetch,
  KEYS,
  proofFor,
  send,
  tokenFor,
  valuesOf,
  type Answer,
} from '../gateway.testkit.js'
import { startTwin, startUpstream, type Habits } from './proxy-twins.testkit.js'
import { createProxy } from './proxy.js'

/** Each test holds on the own proxy, and is failed by a proxy with one bad habit: so the test would see it. */

type Pki = Awaited<ReturnType<typeof certificates>>
let pki: Pki
beforeAll(async () => {
  pki = await certificates()
})
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Case = {
  readonly habit: keyof Habits
  readonly hop?: Partial<DeciderOptions>
  readonly dies?: boolean
  readonly ask: (port: number) => Promise<Answer>
  /** What is seen where all is well. */
  readonly holds: (answer: Answer, heads: readonly string[]) => boolean
}

const down: DeciderOptions['fetch'] = () => Promise.reject(new Error('down'))
const get = (port: number, path: string, fields: readonly string[], tls = {}) => send(port, 'GET', path, fields, tls)
const names = (heads: readonly string[]): readonly string[] =>
  heads.flatMap((head) =>
    head
      .split('\n')
      .slice(1)
      .flatMap((line) => line.split(': ', 2)),
  )
const bound = (der: Buffer): readonly string[] => ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`]

const CASES: readonly Case[] = [
  {
    habit: 'keepsForgedFields',
    ask: (port) => get(port, '/orders/1', [...credentials(), ...FORGED]),
    holds: ({ status }, heads) => status === 200 && forgedValues(names(heads)).length === 0,
  },
  {
    habit: 'obeysConnection',
    ask: (port) => get(port, '/orders/1', [...credentials(), 'Connection', 'close, DPoP']),
    holds: ({ status }, heads) => status === 200 && /^dpop: /m.test(heads[0] ?? ''),
  },
  {
    habit: 'failsOpen',
    hop: { fetch: down },
    ask: (port) => get(port, '/orders/1', credentials()),
    holds: ({ status }, heads) => status === 503 && heads.length === 0,
  },
  {
    habit: 'retries',
    dies: true,
    ask: (port) => get(port, '/orders/1', credentials()),
    holds: ({ status }, heads) => status === 502 && heads.length === 1,
  },
  {
    habit: 'normalisesPath',
    ask: (port) => get(port, '/orders/a%2Fb', credentials({ htu: `${BASE}/orders/a%2Fb` })),
    holds: ({ status }, heads) => status === 200 && heads[0]?.startsWith('GET /orders/a%2Fb\n') === true,
  },
  {
    habit: 'keepsHost',
    ask: (port) => get(port, '/orders/1', credentials()),
    holds: ({ status }, heads) => status === 200 && heads[0]?.includes('\nhost: orders.internal:8080') === true,
  },
  {
    habit: 'believesCertificateField',
    ask: (port) => get(port, '/orders/1', [...bound(pki.client.der), 'Client-Cert', `:${pki.client.der.toString('base64')}:`]),
    holds: ({ status }, heads) => status === 401 && heads.length === 0,
  },
  {
    habit: 'takesAnyCertificate',
    ask: (port) => get(port, '/orders/1', bound(pki.stranger.der), { cert: pki.stranger.cert, key: pki.stranger.key }),
    holds: ({ status }, heads) => status === 401 && heads.length === 0,
  },
  {
    habit: 'decidesOnFirst',
    ask: (port) => {
      const fields = credentials()
      return get(port, '/orders/1', [...fields, 'DPoP', proofFor('another')])
    },
    holds: ({ status }, heads) => status === 401 && heads.length === 0,
  },
  {
    habit: 'flattensRefusals',
    ask: (port) => get(port, '/orders/1', []),
    holds: ({ status, rawHeaders }) => status === 401 && valuesOf(rawHeaders, 'www-authenticate').length === 2,
  },
]

describe.each(CASES)('$habit', ({ habit, hop, dies = false, ask, holds }) => {
  const setting = async () => {
    const upstream = await startUpstream(dies)
    const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
    const deciding: DeciderOptions = { slice: edgeSlice(), key: KEYS.edge.privateKey, fetch: issuerFetch, ...hop }
    closing.push(upstream.close)
    return { upstream, tls, deciding }
  }

  test('the own proxy has it not', async () => {
    const { upstream, tls, deciding } = await setting()
    const proxy = await createProxy({ ...deciding, tls, upstreams: { orders: upstream.address } })
    closing.push(() => proxy.close(0))
    expect(holds(await ask(Number(new URL(proxy.url).port)), upstream.heads)).toBe(true)
  })

  for (const [title, habits, expected] of [
    ['a proxy without it holds as well', {}, true],
    ['broken twin', { [habit]: true }, false],
  ] as const) {
    test(title, async () => {
      const { upstream, tls, deciding } = await setting()
      const twin = await startTwin(deciding, tls, upstream.address, habits)
      closing.push(twin.close)
      expect(holds(await ask(twin.port), upstream.heads)).toBe(expected)
    })
  }
})
