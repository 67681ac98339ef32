/** What an operator counts, in the text format that Prometheus reads. No label comes from a request. */
export type Metrics = {
  readonly count: (event: keyof typeof COUNTERS, why: string) => void
  readonly decided: (seconds: number) => void
  readonly text: (gauges: Readonly<Record<keyof typeof GAUGES, number>>) => string
}

const COUNTERS = {
  requests: ['outcome', 'Requests that were read, by what became of them.'],
  refusals: ['status', 'Requests that were refused, by the status of the answer.'],
  malformed: ['defect', 'Messages that are no HTTP that is taken here, by their first defect.'],
  upstream_failures: ['why', 'Requests that passed and that the next hop did not answer.'],
  connections_refused: ['why', 'Connections that were not accepted.'],
} as const

const GAUGES = {
  connections: 'Connections that are open.',
  requests_in_flight: 'Requests under way, tunnels included.',
  ready: 'Whether the keys of the issuers are there.',
  draining: 'Whether it accepts nothing more.',
} as const

/** Seconds: a decision takes less than one millisecond, or waits for something. */
const BUCKETS = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1]

export function createMetrics(): Metrics {
  const counted = new Map<string, Map<string, number>>(Object.keys(COUNTERS).map((name) => [name, new Map()]))
  const buckets = BUCKETS.map(() => 0)
  let decisions = 0
  let seconds = 0

  function histogram(): readonly string[] {
    const name = 'everyhop_proxy_decision_seconds'
    return [
      `# HELP ${name} How long decisions took.`,
      `# TYPE ${name} histogram`,
      ...BUCKETS.map((limit, index) => `${name}_bucket{le="${limit}"} ${buckets[index]}`),
      `${name}_bucket{le="+Inf"} ${decisions}`,
      `${name}_sum ${seconds}`,
      `${name}_count ${decisions}`,
    ]
  }

  return {
    count(event, why) {
      const by = counted.get(event)
      by?.set(why, (by.get(why) ?? 0) + 1)
    },
    decided(taken) {
      decisions += 1
      seconds += taken
      BUCKETS.forEach((limit, index) => taken <= limit && buckets[index]!++)
    },
    text(gauges) {
      const counters = Object.entries(COUNTERS).flatMap(([name, [label, help]]) => [
        `# HELP everyhop_proxy_${name}_total ${help}`,
        `# TYPE everyhop_proxy_${name}_total counter`,
        ...[...(counted.get(name) ?? [])].map(([why, times]) => `everyhop_proxy_${name}_total{${label}="${why}"} ${times}`),
      ])
      const levels = Object.entries(GAUGES).flatMap(([name, help]) => [
        `# HELP everyhop_proxy_${name} ${help}`,
        `# TYPE everyhop_proxy_${name} gauge`,
        `everyhop_proxy_${name} ${gauges[name as keyof typeof GAUGES]}`,
      ])
      return `${[...counters, ...levels, ...histogram()].join('\n')}\n`
    },
  }
}
