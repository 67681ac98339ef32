import { afterEach, beforeEach, expect, test } from 'vitest'
import { CODES, type Code, type Receipt } from '@everyhop/proof'
import { evidenceFrom } from '../evidence-from.js'
import { sample } from '../sample.testkit.js'
import { createTelemetrySink } from './opentelemetry.js'
import { record } from './recorder.testkit.js'

let recorded: ReturnType<typeof record>
beforeEach(() => void (recorded = record()))
afterEach(() => recorded.stop())

const ALLOWED: Receipt = {
  schema: 'everyhop.receipt/1',
  time: 1_790_000_000,
  chain: 'orders',
  environment: 'default',
  hop: 'orders',
  slice: 'digest',
  decision: 'allow',
  route: '/orders/**',
  client: 'shop',
  binding: 'dpop',
  thumbprint: 'thumbprint',
  tokenId: 'token-id',
  path: [],
  seconds: 0.0002,
}
const denied = (code: Code): Receipt => ({ ...ALLOWED, decision: 'deny', code, fault: CODES[code].fault })
const BASE = { 'everyhop.chain': 'orders', 'everyhop.environment': 'default', 'everyhop.hop': 'orders' }

test('decisions are counted by code, fault, route, binding and waiver', async () => {
  const sink = createTelemetrySink(recorded)
  for (const receipt of [ALLOWED, ALLOWED, denied('proof.replayed'), { ...ALLOWED, binding: 'bearer', waiver: 'W-7' } as const]) sink.append(receipt)
  sink.append({ ...denied('token.unbound'), observed: true })
  const at = { ...BASE, 'everyhop.route': '/orders/**' }
  expect(await recorded.series('everyhop.decisions')).toEqual([
    { attributes: { ...at, 'everyhop.decision': 'allow', 'everyhop.binding': 'dpop' }, value: 2 },
    {
      attributes: { ...at, 'everyhop.decision': 'deny', 'everyhop.code': 'proof.replayed', 'everyhop.fault': 'caller', 'everyhop.binding': 'dpop' },
      value: 1,
    },
    { attributes: { ...at, 'everyhop.decision': 'allow', 'everyhop.binding': 'bearer', 'everyhop.waiver': 'W-7' }, value: 1 },
    {
      attributes: {
        ...at,
        'everyhop.decision': 'deny',
        'everyhop.code': 'token.unbound',
        'everyhop.fault': 'caller',
        'everyhop.binding': 'dpop',
        'everyhop.observed': true,
      },
      value: 1,
    },
  ])
})

test('a thousand clients, keys and tokens are one series; clients are told apart where they are named', async () => {
  const plain = createTelemetrySink(recorded)
  for (let n = 0; n < 1_000; n += 1) plain.append({ ...ALLOWED, client: `c${n}`, thumbprint: `t${n}`, tokenId: `i${n}`, time: n })
  expect(await recorded.series('everyhop.decisions')).toHaveLength(1)

  const other = record()
  const naming = createTelemetrySink({ ...other, clients: ['c1', 'c2'] })
  for (let n = 0; n < 1_000; n += 1) naming.append({ ...ALLOWED, client: `c${n}` })
  const { client: _, ...unknown } = denied('token.signature')
  naming.append(unknown)
  const found = (await other.series('everyhop.decisions')).map(({ attributes, value }) => [attributes['everyhop.client'], value])
  expect(found).toEqual([
    ['other', 998],
    ['c1', 1],
    ['c2', 1],
    [undefined, 1],
  ])
})

test('seconds go into a histogram of few series', async () => {
  const sink = createTelemetrySink(recorded)
  for (const code of Object.keys(CODES)) sink.append(denied(code as Code))
  sink.append(ALLOWED)
  const { seconds: _, ...untimed } = ALLOWED
  sink.append(untimed)
  const series = await recorded.series('everyhop.decision.duration')
  expect(series.map(({ attributes, value }) => [attributes, (value as { count: number }).count])).toEqual([
    [{ 'everyhop.hop': 'orders', 'everyhop.decision': 'deny' }, Object.keys(CODES).length],
    [{ 'everyhop.hop': 'orders', 'everyhop.decision': 'allow' }, 1],
  ])
})

test('the span that is active while a request is decided gets the decision, and no other span does', async () => {
  const { verifier, token, proof } = sample({ sink: createTelemetrySink(recorded) })
  const given = token()
  const seen = evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${given}`, 'DPoP', proof(given)] })
  await Promise.all([1, 2].map((n) => recorded.within(`request ${n}`, () => verifier.verify(seen))))
  await verifier.verify(seen)
  const events = recorded.spans().map(({ name, events }) => [name, events.map((event) => [event.name, event.attributes?.['everyhop.code']])])
  expect(events).toEqual([
    ['request 1', [['everyhop.decision', undefined]]],
    ['request 2', [['everyhop.decision', 'proof.replayed']]],
  ])
})

test('a decision is timed by the verifier', async () => {
  const { verifier, receipts } = sample()
  await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: [] }))
  expect(receipts[0]?.seconds).toBeGreaterThan(0)
})

test('without `trace` no span is touched', async () => {
  const sink = createTelemetrySink({ meter: recorded.meter })
  await recorded.within('request', async () => sink.append(ALLOWED))
  expect(recorded.spans().map(({ events }) => events)).toEqual([[]])
})

test('the next sink gets what was counted, and what it drops is counted too', async () => {
  const kept: Receipt[] = []
  const sink = createTelemetrySink({ ...recorded, next: { append: (receipt) => void kept.push(receipt), dropped: () => 3 } })
  sink.append(ALLOWED)
  expect(kept).toEqual([ALLOWED])
  expect(await recorded.series('everyhop.receipts.dropped')).toEqual([{ attributes: {}, value: 3 }])
})

test('telemetry that fails does not keep a receipt from the next sink', () => {
  const kept: Receipt[] = []
  const broken = {
    getActiveSpan() {
      throw new Error('no exporter')
    },
  }
  const sink = createTelemetrySink({ ...recorded, trace: broken, next: { append: (receipt) => void kept.push(receipt) } })
  expect(() => sink.append(ALLOWED)).not.toThrow()
  expect([kept, sink.dropped()]).toEqual([[ALLOWED], 1])
})
