import { trace } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/express'
import { createTelemetrySink } from '@everyhop/guard/opentelemetry'
import express from 'express'

const { ISSUER = 'http://127.0.0.1:9000', BASE = 'http://127.0.0.1:8080', PORT = '8080', METRICS_PORT = '9464' } = process.env

// Prometheus fetches the metrics from a port of their own, which no client can reach.
const exporter = new PrometheusExporter({ host: '127.0.0.1', port: Number(METRICS_PORT) })
const meter = new MeterProvider({ readers: [exporter] }).getMeter('orders')

const check = guard({
  base: BASE,
  issuer: ISSUER,
  audience: BASE,
  // One process, and the first of its kind. Several need a store that they share.
  replay: createMemoryReplayStore({ since: 'always' }),
  singleInstance: true,
  sink: createTelemetrySink({ meter, trace }),
})
check.ready().catch(({ message }) => console.error(`${message}; trying again with each request`))

const app = express()
app.use(check)
app.get('/orders/:id', (request, response) => response.json({ order: request.params.id, for: request.proof.client }))
const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`orders on ${server.address().port}, metrics on ${METRICS_PORT}`))
