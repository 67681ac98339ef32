import { spawnSync } from 'node:child_process'
import type { Receipt } from '@everyhop/proof'
import { expect, test } from 'vitest'
import { addSeries, createMetrics, prometheusText, seriesOf } from './metrics.js'

const RECEIPT: Receipt = {
  schema: 'everyhop.receipt/1',
  time: 1_790_000_000,
  chain: 'orders',
  environment: 'default',
  hop: 'edge',
  slice: 'digest',
  decision: 'allow',
  route: '/orders/"a\\b"\n',
  client: 'shop',
  thumbprint: 'thumbprint',
  tokenId: 'token-id',
  seconds: 0.0004,
}
const gauges = () => ({ everyhop_gateway_in_flight: 3 })

test('decisions are counted and timed; two processes are one sum', () => {
  const [one, other] = [createMetrics(gauges), createMetrics(gauges)]
  one.append(RECEIPT)
  one.append({ ...RECEIPT, client: 'another', thumbprint: 'another', tokenId: 'another' })
  other.append({ ...RECEIPT, decision: 'deny', code: 'proof.replayed', fault: 'caller' })
  const text = prometheusText(addSeries([one.series(), other.series()]))
  const labels = 'everyhop_chain="orders",everyhop_environment="default",everyhop_hop="edge"'
  const route = String.raw`everyhop_route="/orders/\"a\\b\"\n"`
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      '# TYPE everyhop_decisions_total counter',
      `everyhop_decisions_total{${labels},everyhop_decision="allow",${route}} 2`,
      `everyhop_decisions_total{${labels},everyhop_decision="deny",everyhop_code="proof.replayed",everyhop_fault="caller",${route}} 1`,
      'everyhop_decision_duration_seconds_bucket{everyhop_hop="edge",everyhop_decision="allow",le="0.0005"} 2',
      'everyhop_decision_duration_seconds_count{everyhop_hop="edge",everyhop_decision="allow"} 2',
      'everyhop_gateway_in_flight 6',
    ]),
  )
  expect(text).toContain('everyhop_decision_duration_seconds_bucket{everyhop_hop="edge",everyhop_decision="allow",le="0.00025"} 0\n')
  for (const secret of ['shop', 'another', 'thumbprint', 'token-id']) expect(text).not.toContain(secret)
})

const promtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0
test.skipIf(!promtool)('promtool finds nothing to object to', () => {
  const metrics = createMetrics(() => ({
    ...gauges(),
    [seriesOf('everyhop_gateway_workers', { everyhop_hop: 'edge', everyhop_slice: 'digest' })]: 1,
    everyhop_gateway_shed_total: 0,
  }))
  metrics.append(RECEIPT)
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: prometheusText(metrics.series()), encoding: 'utf8' })
  expect([checked.status, checked.stderr + checked.stdout]).toEqual([0, ''])
})
