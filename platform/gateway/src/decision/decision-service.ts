import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { refuse, refusalOf, type Refusal } from '@everyhop/proof'
import type { LoadedSlice } from '@everyhop/verifier'
import { createAnswerSeal } from './answer-seal.js'
import { createDecider, type DeciderOptions, type Ruling } from '../decider.js'
import { readQuestion } from './read-question.js'
import { createRetryMemory } from './retry-memory.js'
import { listenPrivately } from './unix-socket.js'

export type DecisionServiceOptions = DeciderOptions & {
  /** Absolute path of the unix socket. Who can connect to it is believed to be the gateway. */
  readonly socket: string
  /** Decisions that may be under way at once; more are answered 503. Default 512. */
  readonly maxInFlight?: number
}

export type DecisionService = {
  readonly socket: string
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another slice in force; throws ConfigError, and keeps the old one, where it is no good. */
  readonly reload: (slice: LoadedSlice) => void
  /** Lets what is under way finish, for at most `graceMs` (default 5,000), and listens no more. */
  readonly close: (graceMs?: number) => Promise<void>
}

/** Large enough for a certificate, a token, a proof and an attestation in one header block. */
const MAX_HEADER_BYTES = 65_536
const MAX_REMEMBERED = 4_096
/** Longer than gateways keep their idle connections, so that they close them and not we, under their request. */
const KEEP_ALIVE_MS = 120_000

/**
 * Decides for a gateway, over a unix socket. `/check` answers 200 with the fields to set, or with the refusal itself; what has
 * no `Everyhop-Verdict` is not its answer. For gateways that can pass on no refusal (nginx), `POST /decide` answers 403 with the
 * refusal sealed in `Everyhop-Answer`, and `GET /render` turns that field into it. `GET /healthz` tells whether it is in service.
 *
 * It signs what passes, so it is a signing oracle: hop, base, next authority and key come from the slice and the set-up,
 * never from a request. Throws ConfigError where it could not do its work.
 */
export async function createDecisionService(options: DecisionServiceOptions): Promise<DecisionService> {
  const { socket, maxInFlight = 512, ...rest } = options
  const decider = createDecider(rest)
  const seal = createAnswerSeal()
  const retries = createRetryMemory<Ruling>(MAX_REMEMBERED, () => performance.now())
  const { hop } = decider.slice().slice
  let inFlight = 0
  let isDraining = false

  const closed = (): Refusal => refusalOf(refuse('verifier.failed'), { hop, algs: [], schemes: [] })

  async function decide(request: IncomingMessage, response: ServerResponse, refuseWith: typeof answer): Promise<void> {
    if (hasBody(request)) return answer(response, closed())
    if (inFlight >= maxInFlight) return answer(response, closed())
    const question = readQuestion(request.rawHeaders)
    if (!question) return refuseWith(response, closed())
    inFlight++
    try {
      const ruling = await retries.once(question.retryKey, () => decider.decide(question.observed))
      if (ruling.verdict === 'pass') pass(response, ruling)
      else refuseWith(response, ruling.refusal)
    } finally {
      inFlight--
    }
  }

  /** Some gateways make 500 of every refusal but 401 and 403, and lose its fields: it travels in one field instead. */
  const sealed = (response: ServerResponse, refusal: Refusal): void => void response.writeHead(403, { 'Everyhop-Answer': seal.seal(refusal) }).end()

  function pass(response: ServerResponse, { fields, next, nonce }: Extract<Ruling, { verdict: 'pass' }>): void {
    response.statusCode = 200
    response.setHeader('Everyhop-Verdict', 'pass')
    response.setHeader('Everyhop-Next', next.hop)
    if (nonce !== undefined) response.setHeader('DPoP-Nonce', nonce)
    for (const [name, value] of fields) response.setHeader(name, value)
    response.end()
  }

  function render(request: IncomingMessage, response: ServerResponse): void {
    const values = request.headersDistinct['everyhop-answer'] ?? []
    answer(response, (values.length === 1 && seal.open(values[0]!)) || closed())
  }

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 10_000, requestTimeout: 10_000 },
    (request, response) => {
      request.resume()
      if (isDraining) response.setHeader('Connection', 'close')
      // Caddy keeps the bare question mark of the request that it asks about.
      const asked = `${request.method} ${request.url?.replace(/\?$/, '')}`
      if (asked === 'POST /decide') void decide(request, response, sealed).catch(() => response.destroy())
      else if (asked === 'POST /check' || asked === 'GET /check') void decide(request, response, refused).catch(() => response.destroy())
      else if (asked === 'GET /render') render(request, response)
      else if (asked === 'GET /healthz') health(response, isDraining, decider.slice())
      else response.writeHead(404).end()
    },
  )
  // Node hides fields beyond a thousand; the gateway passes them on, so the decision must see them.
  server.maxHeadersCount = 0
  await listenPrivately(server, socket)

  return {
    socket,
    ready: decider.ready,
    reload: decider.reload,
    close(graceMs = 5_000) {
      isDraining = true
      return new Promise((resolve) => {
        const late = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(late)
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

function refused(response: ServerResponse, refusal: Refusal): void {
  response.setHeader('Everyhop-Verdict', 'refuse')
  answer(response, refusal)
}

function answer(response: ServerResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}

function health(response: ServerResponse, isDraining: boolean, { slice, digest }: LoadedSlice): void {
  response.writeHead(isDraining ? 503 : 200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ status: isDraining ? 'draining' : 'serving', chain: slice.chain, hop: slice.hop, slice: digest }))
}
