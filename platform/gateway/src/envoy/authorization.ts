import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { refuse, refusalOf, type Refusal } from '@everyhop/proof'
import type { Decider, Ruling } from '../decider.js'
import type { Admission } from '../decision/admission.js'
import type { RetryMemory } from '../decision/retry-memory.js'
import { readCheck } from './read-check.js'
import { writePass, writeRefusal } from './write-check.js'

const CHECK = '/envoy.service.auth.v3.Authorization/Check'
/** Fields, certificate and all: Envoy's own limit for the fields is 60 KiB. */
const MAX_QUESTION = 262_144
const PREFIX = 5

const UNIMPLEMENTED = 12
const INVALID_ARGUMENT = 3
const INTERNAL = 13

export type AuthorizationOptions = { readonly decider: Decider; readonly admission: Admission; readonly retries: RetryMemory<Ruling> }

/**
 * Answers `envoy.service.auth.v3.Authorization/Check`, one message for one message. Whatever is no question is answered with an error of gRPC,
 * which Envoy takes as no decision: it refuses.
 */
export function createAuthorization({ decider, admission, retries }: AuthorizationOptions): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  const closed = (): Refusal => refusalOf(refuse('verifier.failed'), { hop: decider.slice().slice.hop, algs: [], schemes: [] })

  async function answer(question: Uint8Array): Promise<Uint8Array | undefined> {
    if (!admission.enter()) return writeRefusal(closed())
    try {
      const check = readCheck(question)
      if (!check) return undefined
      const judge = (): Promise<Ruling> => decider.decide(check.observed)
      const ruling = decider.spends() ? await retries.once(check.retryKey(), judge) : await judge()
      return ruling.verdict === 'pass' ? writePass(ruling, check) : writeRefusal(ruling.refusal)
    } finally {
      admission.leave()
    }
  }

  return (stream, headers) => {
    stream.on('error', () => undefined)
    const isAsked = headers[':method'] === 'POST' && headers[':path'] === CHECK
    if (!isAsked || !/^application\/grpc(?:\+proto)?$/.test(headers['content-type'] ?? '')) return end(stream, UNIMPLEMENTED)
    const chunks: Buffer[] = []
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_QUESTION + PREFIX) stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
      else chunks.push(chunk)
    })
    stream.on('end', () => {
      const question = readFrame(Buffer.concat(chunks))
      if (!question) return end(stream, INVALID_ARGUMENT)
      answer(question).then(
        (given) => (given ? end(stream, 0, given) : end(stream, INVALID_ARGUMENT)),
        () => end(stream, INTERNAL),
      )
    })
  }
}

/** The one message: not compressed, and as long as it says. */
function readFrame(bytes: Buffer): Buffer | undefined {
  const isWhole = bytes.length >= PREFIX && bytes[0] === 0 && bytes.readUInt32BE(1) === bytes.length - PREFIX
  return isWhole ? bytes.subarray(PREFIX) : undefined
}

function end(stream: ServerHttp2Stream, status: number, message?: Uint8Array): void {
  if (stream.destroyed) return
  const head = { ':status': 200, 'content-type': 'application/grpc' }
  if (!message) return stream.respond({ ...head, 'grpc-status': String(status) }, { endStream: true })
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeUInt32BE(message.length, 1)
  stream.respond(head, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }))
  stream.end(Buffer.concat([prefix, message]))
}
