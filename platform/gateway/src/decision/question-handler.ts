import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse, refusalOf, type Refusal } from '@everyhop/proof'
import type { Decider, Ruling } from '../decider.js'
import type { Admission } from './admission.js'
import type { AnswerSeal } from './answer-seal.js'
import { answer, pass, refused, text } from './answers.js'
import { prometheusText, type Series } from './metrics.js'
import { readQuestion } from './read-question.js'
import type { RetryMemory } from './retry-memory.js'

export type QuestionHandlerOptions = {
  readonly decider: Decider
  readonly admission: Admission
  readonly seal: AnswerSeal
  readonly retries: RetryMemory<Ruling>
  readonly state: () => 'starting' | 'serving' | 'draining'
  readonly series: () => Promise<Series>
}

/** Answers what a gateway asks over HTTP, and what its operators ask. */
export function createQuestionHandler({
  decider,
  admission,
  seal,
  retries,
  state,
  series,
}: QuestionHandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const closed = (): Refusal => refusalOf(refuse('verifier.failed'), { hop: decider.slice().slice.hop, algs: [], schemes: [] })

  async function decide(request: IncomingMessage, response: ServerResponse, refuseWith: typeof answer): Promise<void> {
    if (hasBody(request.rawHeaders)) return answer(response, closed())
    // The plainest answer there is: sealing it would cost what is short.
    if (!admission.enter()) return answer(response, closed())
    try {
      const question = readQuestion(request.rawHeaders)
      if (!question) return refuseWith(response, closed())
      const judge = (): Promise<Ruling> => decider.decide(question.observed)
      // Where nothing is spent a second decision is as good as the first.
      const ruling = decider.spends() ? await retries.once(question.retryKey(), judge) : await judge()
      if (ruling.verdict === 'pass') pass(response, ruling)
      else refuseWith(response, ruling.refusal)
    } finally {
      admission.leave()
    }
  }

  /** Some gateways make 500 of every refusal but 401 and 403, and lose its fields: it travels in one field instead. */
  const sealed = (response: ServerResponse, refusal: Refusal): void => void response.writeHead(403, { 'Everyhop-Answer': seal.seal(refusal) }).end()

  function render(request: IncomingMessage, response: ServerResponse): void {
    const values = request.headersDistinct['everyhop-answer'] ?? []
    answer(response, (values.length === 1 && seal.open(values[0]!)) || closed())
  }

  function health(response: ServerResponse, isWell: boolean): void {
    const { slice, digest } = decider.slice()
    text(
      response,
      isWell ? 200 : 503,
      'application/json',
      JSON.stringify({ status: state(), chain: slice.chain, hop: slice.hop, slice: digest, process: process.pid }),
    )
  }

  const metrics = async (response: ServerResponse): Promise<void> => text(response, 200, 'text/plain; version=0.0.4', prometheusText(await series()))

  return (request, response) => {
    request.resume()
    if (state() === 'draining') response.setHeader('Connection', 'close')
    const destroy = (): void => void response.destroy()
    // Caddy keeps the bare question mark of the request that it asks about.
    switch (`${request.method} ${request.url?.replace(/\?$/, '')}`) {
      case 'POST /decide':
        return void decide(request, response, sealed).catch(destroy)
      case 'POST /check':
      case 'GET /check':
        return void decide(request, response, refused).catch(destroy)
      case 'GET /render':
        return render(request, response)
      case 'GET /healthz':
        return health(response, state() !== 'draining')
      case 'GET /readyz':
        return health(response, state() === 'serving')
      case 'GET /metrics':
        return void metrics(response).catch(destroy)
      default:
        response.writeHead(404).end()
    }
  }
}

function hasBody(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (name === 'transfer-encoding' || (name === 'content-length' && rawHeaders[index + 1] !== '0')) return true
  }
  return false
}
