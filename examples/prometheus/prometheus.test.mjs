import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { afterAll, describe, expect, test } from 'vitest'
import { createTelemetrySink } from '@everyhop/guard/opentelemetry'
import { CODES } from '@everyhop/proof'
import { which } from '../../tools/setup/servers.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const RULES = readFileSync(here('alerts.yaml'), 'utf8')
const RULE_TESTS = readFileSync(here('alerts.test.yaml'), 'utf8')
const promtool = which('promtool')

/** What Prometheus would fetch after one decision of every kind that a rule looks for. */
async function exported() {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const sink = createTelemetrySink({ meter: new MeterProvider({ readers: [exporter] }).getMeter('orders'), next: { append() {}, dropped: () => 1 } })
  const base = { schema: 'everyhop.receipt/1', time: 1, chain: 'c', environment: 'e', hop: 'h', slice: 's', route: '/**', binding: 'bearer', seconds: 0.001 }
  sink.append({ ...base, decision: 'allow', waiver: 'W-7' })
  sink.append({ ...base, decision: 'deny', code: 'proof.missing', fault: 'caller', observed: true })
  const { resourceMetrics } = await exporter.collect()
  return new PrometheusSerializer().serialize(resourceMetrics)
}

test('every metric and label of the rules is one that the sink exports', async () => {
  const text = await exported()
  const known = new Set(text.match(/\beveryhop_\w+/g))
  for (const rules of [RULES, RULE_TESTS]) {
    const named = [...new Set(rules.match(/\beveryhop_\w+/g))]
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  }
})

test('every code and fault of the rules is one of ours', () => {
  const values = (name) =>
    [...(RULES + RULE_TESTS).matchAll(new RegExp(`${name}!?=~?"([^"]+)"`, 'g'))].flatMap(([, value]) => value.replaceAll('[.]', '.').split('|'))
  expect(values('everyhop_code').filter((code) => CODES[code] === undefined)).toEqual([])
  expect(new Set(values('everyhop_fault'))).toEqual(new Set(['caller', 'hop', 'verifier']))
})

describe('promtool', () => {
  for (const args of [
    ['check', 'rules', 'alerts.yaml'],
    ['test', 'rules', 'alerts.test.yaml'],
  ]) {
    test(args.join(' '), (context) => {
      if (promtool === undefined) return context.skip('needs promtool (Debian: prometheus)')
      const run = () => execFileSync(promtool, args, { cwd: here('.'), encoding: 'utf8' })
      expect(run()).toContain('SUCCESS')
    })
  }
})

describe('the service', () => {
  /** @type {import('node:child_process').ChildProcess[]} */
  const running = []
  afterAll(() => running.forEach((child) => child.kill()))

  const start = (file, env) => {
    const child = spawn(process.execPath, [here(file)], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    running.push(child)
    return createInterface({ input: child.stdout })
  }

  test('counts what it refused, and a copy of a proof is among it', async () => {
    const [PORT, METRICS_PORT, ISSUER_PORT] = await freePorts(3)
    const env = { PORT, METRICS_PORT, ISSUER_PORT, BASE: `http://127.0.0.1:${PORT}`, ISSUER: `http://127.0.0.1:${ISSUER_PORT}` }
    const traffic = start('traffic.js', env)
    await once(traffic, 'line')
    start('app.js', env)
    const lines = []
    for await (const line of traffic) lines.push(line.slice(0, 3))
    expect(lines).toEqual(['200', '401', '401', '401', '401'])

    const metrics = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text()
    const counted = [...metrics.matchAll(/^everyhop_decisions_total\{.*everyhop_code="([^"]+)".* (\d+)$/gm)].map(([, code, count]) => [code, count])
    expect(Object.fromEntries(counted)).toMatchObject({ 'proof.replayed': '1', 'proof.stale': '1', 'token.scheme': '1', 'request.uncredentialed': '1' })
  })
})

/** Ports that were free a moment ago. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => String(server.address().port))
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
