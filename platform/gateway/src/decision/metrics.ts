import type { Receipt, Sink } from '@everyhop/proof'

/** Values by series, `name{label="value"}`: those of several processes are added. */
export type Series = Readonly<Record<string, number>>

/** Counts decisions for Prometheus, under the names that the OpenTelemetry sink has there, so that the same alerts serve both. */
export type Metrics = Sink & { readonly series: () => Series }

const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

const ABOUT: Readonly<Record<string, readonly [kind: 'counter' | 'gauge' | 'histogram', help: string]>> = {
  everyhop_decisions_total: ['counter', 'Requests that were decided on'],
  everyhop_decision_duration_seconds: ['histogram', 'Time that a decision took'],
  everyhop_receipts_dropped_total: ['counter', 'Receipts that a sink could not keep'],
  everyhop_gateway_shed_total: ['counter', 'Requests that were refused since there were too many'],
  everyhop_gateway_in_flight: ['gauge', 'Decisions under way'],
  everyhop_gateway_workers: ['gauge', 'Processes that decide, by the slice that is in force there'],
}

type Counted = { readonly sample: Receipt; count: number }
type Timed = { readonly sample: Receipt; readonly counts: number[]; sum: number }

/**
 * `gauges` is asked for what is not counted here. Labels come from the policy and the table of codes, never from a request.
 * Counting is on the way of each request: series get their names when somebody asks.
 */
export function createMetrics(gauges: () => Series): Metrics {
  const decisions = new Map<string, Counted>()
  const durations = new Map<string, Timed>()

  function time(receipt: Receipt, seconds: number): void {
    const { hop, decision } = receipt
    const timed = durations.get(hop + decision) ?? { sample: receipt, counts: Array.from({ length: BUCKETS.length + 1 }, () => 0), sum: 0 }
    durations.set(hop + decision, timed)
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound)
    timed.counts[bucket === -1 ? BUCKETS.length : bucket]! += 1
    timed.sum += seconds
  }

  return {
    append(receipt) {
      const { chain, environment, hop, decision, code, route, binding, waiver } = receipt
      const id = `${decision}\n${code}\n${route}\n${binding}\n${waiver}\n${hop}\n${environment}\n${chain}`
      const counted = decisions.get(id)
      if (counted) counted.count += 1
      else decisions.set(id, { sample: receipt, count: 1 })
      if (receipt.seconds !== undefined) time(receipt, receipt.seconds)
    },
    series: () => ({
      ...Object.fromEntries([...decisions.values()].map(({ sample, count }) => [seriesOf('everyhop_decisions_total', labelsOf(sample)), count])),
      ...Object.fromEntries([...durations.values()].flatMap(histogram)),
      ...gauges(),
    }),
  }
}

function histogram({ sample: { hop, decision }, counts, sum }: Timed): readonly (readonly [string, number])[] {
  const name = 'everyhop_decision_duration_seconds'
  const labels = { everyhop_hop: hop, everyhop_decision: decision }
  let count = 0
  const buckets = counts.map((own, index) => {
    count += own
    return [seriesOf(`${name}_bucket`, { ...labels, le: String(BUCKETS[index] ?? '+Inf') }), count] as const
  })
  return [...buckets, [seriesOf(`${name}_sum`, labels), sum], [seriesOf(`${name}_count`, labels), count]]
}

const labelsOf = ({ chain, environment, hop, decision, code, fault, route, binding, waiver }: Receipt): Readonly<Record<string, string | undefined>> => ({
  everyhop_chain: chain,
  everyhop_environment: environment,
  everyhop_hop: hop,
  everyhop_decision: decision,
  everyhop_code: code,
  everyhop_fault: fault,
  everyhop_route: route,
  everyhop_binding: binding,
  everyhop_waiver: waiver,
})

export function seriesOf(name: string, labels: Readonly<Record<string, string | undefined>> = {}): string {
  const said = Object.entries(labels).flatMap(([label, value]) => (value === undefined ? [] : [`${label}="${escaped(value)}"`]))
  return said.length === 0 ? name : `${name}{${said.join(',')}}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

export function addSeries(all: readonly Series[]): Series {
  const sums: Record<string, number> = {}
  for (const series of all) for (const [name, value] of Object.entries(series)) sums[name] = (sums[name] ?? 0) + value
  return sums
}

/** The text that Prometheus reads, version 0.0.4: the series of each metric stand together, under what it is. */
export function prometheusText(series: Series): string {
  const entries = Object.entries(series)
  return Object.entries(ABOUT)
    .map(([metric, [kind, help]]) => {
      const own = entries.filter(([name]) => metricOf(name) === metric).map(([name, value]) => `${name} ${value}\n`)
      return own.length === 0 ? '' : `# HELP ${metric} ${help}\n# TYPE ${metric} ${kind}\n${own.join('')}`
    })
    .join('')
}

/** Without its labels and without the parts that a histogram has. */
const metricOf = (series: string): string => series.replace(/\{.*$/s, '').replace(/_(?:bucket|sum|count)$/, '')
