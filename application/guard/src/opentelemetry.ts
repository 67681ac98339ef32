export { createTelemetrySink, type TelemetryOptions } from '@everyhop/verifier/opentelemetry'
