import type { Attributes, Meter, TraceAPI } from '@opentelemetry/api'
import type { Receipt, Sink } from '@everyhop/proof'
import { droppedBy, toSinks, type CountingSink } from './to-sinks.js'

export type TelemetryOptions = {
  /** `metrics.getMeter('orders')` */
  readonly meter: Meter
  /** `trace` of the API: the span that is active while a request is decided gets an event. Without it there are none. */
  readonly trace?: Pick<TraceAPI, 'getActiveSpan'>
  /** Clients to tell apart in the metrics, by `client_id`; all others are `other`. Without it metrics name no client. */
  readonly clients?: readonly string[]
  /** Gets every receipt too. What it says that it dropped is counted. */
  readonly next?: Sink | CountingSink
}

/** Seconds: from a refusal that needs no curve to a store at its deadline. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/**
 * Counts decisions and times them with OpenTelemetry, whose API the application hands in.
 * An attribute takes its values from the policy or from the table of codes, never from a request: no client, unless it
 * is in `clients`, no thumbprint, no token id.
 */
export function createTelemetrySink({ meter, trace, clients, next }: TelemetryOptions): CountingSink {
  const decisions = meter.createCounter('everyhop.decisions', { unit: '{decision}', description: 'Requests that were decided on' })
  const duration = meter.createHistogram('everyhop.decision.duration', {
    unit: 's',
    description: 'Time that a decision took',
    advice: { explicitBucketBoundaries: BUCKETS },
  })
  const known = clients && new Set(clients)
  const count = {
    append(receipt: Receipt) {
      const attributes = attributesOf(receipt)
      const named = known && receipt.client !== undefined ? { 'everyhop.client': known.has(receipt.client) ? receipt.client : 'other' } : {}
      decisions.add(1, { ...attributes, ...named })
      if (receipt.seconds !== undefined) duration.record(receipt.seconds, timed(receipt))
      trace?.getActiveSpan()?.addEvent('everyhop.decision', attributes)
    },
  }
  const all = next === undefined ? toSinks(count) : toSinks(count, next)
  meter
    .createObservableCounter('everyhop.receipts.dropped', { unit: '{receipt}', description: 'Receipts that a sink could not keep' })
    .addCallback((result) => result.observe(droppedBy(all)))
  return all
}

/** Only these: a histogram has a series for each bucket of each combination. */
const timed = ({ hop, decision }: Receipt): Attributes => ({ 'everyhop.hop': hop, 'everyhop.decision': decision })

const attributesOf = ({ chain, environment, hop, decision, code, fault, route, binding, waiver, observed }: Receipt): Attributes => ({
  'everyhop.chain': chain,
  'everyhop.environment': environment,
  'everyhop.hop': hop,
  'everyhop.decision': decision,
  ...(code === undefined ? {} : { 'everyhop.code': code }),
  ...(fault === undefined ? {} : { 'everyhop.fault': fault }),
  ...(route === undefined ? {} : { 'everyhop.route': route }),
  ...(binding === undefined ? {} : { 'everyhop.binding': binding }),
  ...(waiver === undefined ? {} : { 'everyhop.waiver': waiver }),
  // A refusal that was recorded only: the request went on.
  ...(observed === undefined ? {} : { 'everyhop.observed': observed }),
})
