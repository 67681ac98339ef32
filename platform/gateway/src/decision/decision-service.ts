import { randomBytes } from 'node:crypto'
import { ConfigError, toSinks } from '@everyhop/verifier'
import { createDecider, type Decider, type DeciderOptions, type Ruling } from '../decider.js'
import { createAuthorization } from '../envoy/authorization.js'
import { createAdmission } from './admission.js'
import { createAnswerSeal } from './answer-seal.js'
import { openGrpcSocket, openSocket, openTcp, type Channel, type TcpChannel } from './channels.js'
import { createMetrics, seriesOf, type Series } from './metrics.js'
import { createQuestionHandler } from './question-handler.js'
import { createRetryMemory, type RetryMemory } from './retry-memory.js'

export type DecisionServiceOptions = DeciderOptions & {
  /** Absolute path of the unix socket. Who can connect to it is believed to be the gateway. */
  readonly socket?: string
  /** For gateways that cannot reach a unix socket: TLS, and only the certificates that are given may connect. */
  readonly tcp?: TcpChannel
  /** Absolute path of a unix socket for Envoy, which asks over gRPC. */
  readonly envoySocket?: string
  /** Decisions that may be under way at once; more are answered 503. Default 512. */
  readonly maxInFlight?: number
  /** Milliseconds that one turn of the event loop may decide for; what else came in that turn is answered 503. Default 500. */
  readonly maxTurnMs?: number
  /** What this process has in common with the others of its service; absent where it is the only one. */
  readonly shared?: SharedState
}

export type SharedState = {
  readonly sealKey: Uint8Array
  readonly retries: RetryMemory<Ruling>
  /** Of all processes together, this one's among them. */
  readonly seriesOfAll: () => Promise<Series>
}

export type DecisionService = {
  /** Where it is asked: the path of the socket, the URL of the TCP channel. */
  readonly addresses: readonly string[]
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another slice in force, and other keys where they are given; throws ConfigError, and keeps the old ones, where they are no good. */
  readonly reload: Decider['reload']
  /** What was counted in this process. */
  readonly series: () => Series
  /** Lets what is under way finish, for at most `graceMs` (default 5,000), and listens no more. */
  readonly close: (graceMs?: number) => Promise<void>
}

const MAX_REMEMBERED = 4_096

/**
 * Decides for a gateway, over a unix socket or mutual TLS. `/check` answers 200 with the fields to set, or with the refusal itself; what
 * has no `Everyhop-Verdict` is not its answer. For gateways that can pass on no refusal (nginx), `POST /decide` answers 403 with the
 * refusal sealed in `Everyhop-Answer`, and `GET /render` turns that field into it. `GET /healthz`, `/readyz` and `/metrics` are for operators.
 *
 * Envoy asks over gRPC, on a socket of its own.
 *
 * It signs what passes, so it is a signing oracle: hop, base, next authority and key come from the slice and the set-up,
 * never from a request. Throws ConfigError where it could not do its work.
 */
export async function createDecisionService(options: DecisionServiceOptions): Promise<DecisionService> {
  const { socket, tcp, envoySocket, maxInFlight = 512, maxTurnMs = 500, shared, sink, ...rest } = options
  if (socket === undefined && tcp === undefined && envoySocket === undefined)
    throw new ConfigError('config.channel', 'give a socket, or address and certificates, for the gateway')
  const admission = createAdmission({ maxInFlight, maxTurnMs })
  const metrics = createMetrics(() => gauges())
  const all = sink === undefined ? toSinks(metrics) : toSinks(metrics, sink)
  const decider = createDecider({ ...rest, sink: all })
  let isReady = false
  let isDraining = false

  function gauges(): Series {
    const { slice, digest } = decider.slice()
    return {
      everyhop_receipts_dropped_total: all.dropped(),
      everyhop_gateway_shed_total: admission.shed(),
      everyhop_gateway_in_flight: admission.inFlight(),
      [seriesOf('everyhop_gateway_workers', { everyhop_hop: slice.hop, everyhop_slice: digest })]: 1,
    }
  }

  async function ready(): Promise<void> {
    await decider.ready()
    isReady = true
  }

  /** Keys that came late with a request are there all the same: whoever asks whether it is ready has it look again. */
  function state(): 'starting' | 'serving' | 'draining' {
    if (isDraining) return 'draining'
    if (!isReady) ready().catch(() => undefined)
    return isReady ? 'serving' : 'starting'
  }

  const retries = shared?.retries ?? createRetryMemory<Ruling>(MAX_REMEMBERED, () => performance.now())
  const handler = createQuestionHandler({
    decider,
    admission,
    seal: createAnswerSeal(shared?.sealKey ?? randomBytes(32)),
    retries,
    state,
    series: shared?.seriesOfAll ?? (() => Promise.resolve(metrics.series())),
  })
  const channels: Channel[] = []
  const close = async (graceMs = 5_000): Promise<void> => {
    isDraining = true
    await Promise.all(channels.map((channel) => channel.close(graceMs)))
  }
  try {
    if (socket !== undefined) channels.push(await openSocket(socket, handler, shared !== undefined))
    if (envoySocket !== undefined) {
      channels.push(await openGrpcSocket(envoySocket, createAuthorization({ decider, admission, retries }), shared !== undefined))
    }
    if (tcp !== undefined) channels.push(await openTcp(tcp, handler))
  } catch (error) {
    await close(0)
    throw error
  }
  return { addresses: channels.map(({ address }) => address), ready, reload: decider.reload, series: metrics.series, close }
}
