import { context, trace, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

export type Series = { readonly attributes: Attributes; readonly value: unknown }

/** OpenTelemetry as an application sets it up, exporting to memory. */
export function record() {
  const reader = new Reader()
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  const exporter = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return {
    meter,
    trace,
    spans: () => exporter.getFinishedSpans(),
    /** Runs `work` within a span, as the instrumentation of an HTTP server does. */
    within: (name: string, work: () => Promise<unknown>): Promise<unknown> => tracer.startActiveSpan(name, async (span) => work().finally(() => span.end())),
    /** Every series of a metric. */
    async series(metric: string): Promise<readonly Series[]> {
      const { resourceMetrics } = await reader.collect()
      const found = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === metric)
      return (found?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }))
    },
    stop: () => context.disable(),
  }
}
