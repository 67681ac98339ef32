import { createServer, type Server } from 'node:http'
import { PassThrough } from 'node:stream'
import { inspect } from 'node:util'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Receipt, Sink } from '@everyhop/proof'
import { createJsonLinesSink, toSinks } from '@everyhop/verifier'
import type { Opened } from './adapters.testkit.js'
import { createTelemetrySink } from './opentelemetry.js'

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Everything through which something could come out of a process: console, streams, warnings, receipts, metrics, spans. */
export function watch() {
  const printed: unknown[] = []
  const receipts: Receipt[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => printed.push(chunk.toString()))
  const reader = new Reader()
  const exporter = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

  const stop = watchOutput(printed)
  const keep: Sink = { append: (receipt) => void receipts.push(receipt) }
  const sink = createTelemetrySink({
    meter: new MeterProvider({ readers: [reader] }).getMeter('test'),
    trace,
    clients: ['shop'],
    next: toSinks(createJsonLinesSink({ stream }), keep),
  })

  return {
    sink,
    receipts,
    note: (...values: readonly unknown[]) => void printed.push(...values),
    /** A server that has a span active for each request, as its instrumentation would. */
    serve: ({ listener }: Opened): Server =>
      createServer((request, response) =>
        tracer.startActiveSpan('request', (span) => {
          response.once('close', () => span.end())
          void listener(request, response)
        }),
      ),
    spans: () => exporter.getFinishedSpans(),
    /** All that came out, as text. */
    async everything(): Promise<string> {
      const { resourceMetrics } = await reader.collect()
      const spans = exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
      return [...printed, ...receipts, resourceMetrics, ...spans].map((value) => (typeof value === 'string' ? value : inspect(value, DEEP))).join('\n')
    },
    stop() {
      stop()
      context.disable()
    },
  }
}

/** Keeps what is printed, in place of printing it, until the function that it returns is called. */
export function watchOutput(printed: unknown[]): () => void {
  const warned = (warning: Error): void => void printed.push(warning)
  process.on('warning', warned)
  const keep = (...values: readonly unknown[]): boolean => printed.push(...values) > 0
  const restore = [
    ...(['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) => replaced(console, name, keep)),
    ...[process.stdout, process.stderr].map((stream) => replaced(stream, 'write', keep)),
  ]
  return () => {
    for (const back of restore) back()
    process.off('warning', warned)
  }
}

/** Not a spy of vitest: what is replaced twice has to come back once. */
function replaced(on: object, name: string, by: unknown): () => void {
  const holder = on as Record<string, unknown>
  const before = holder[name]
  holder[name] = by
  return () => void (holder[name] = before)
}

const DEEP = { depth: 12, maxStringLength: null, maxArrayLength: null, breakLength: Infinity, showHidden: true } as const
