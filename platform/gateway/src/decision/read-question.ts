import { isIP } from 'node:net'
import { sha256 } from '@everyhop/proof'
import { readBase64, readEscapedPem } from '../certificate.js'
import type { Observed } from '../decider.js'
import { REMOVAL_DIGEST } from '../sensitive-fields.js'

/** What a gateway asks: the request that it saw, and its own id for it. */
export type Question = {
  readonly observed: Observed
  /** Names one gateway request with everything that decides: the same again is a retry of the gateway's own. */
  readonly retryKey: () => string
}

const METHOD = /^[A-Z][A-Z-]{0,31}$/
const REQUEST_ID = /^[\da-zA-Z-]{16,64}$/

/** Fields that count for whether a retry is the same request; everything else of the question is in it by value. */
const DECISIVE = new Set(['authorization', 'dpop', 'everyhop-hop', 'signature', 'signature-input', 'client-cert', 'content-digest'])

/** Reads a gateway's question from its fields. Undefined where the gateway says too little, or anything twice. */
export function readQuestion(rawHeaders: readonly string[]): Question | undefined {
  const said = new Map<string, string>()
  const decisive: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    const value = rawHeaders[index + 1]!
    if (DECISIVE.has(name)) decisive.push(`${name}:${value}`)
    if (!name.startsWith('everyhop-') || name === 'everyhop-hop') continue
    if (said.has(name)) return undefined
    said.set(name, value)
  }
  const method = said.get('everyhop-method')
  const target = said.get('everyhop-target')
  const id = said.get('everyhop-request')
  if (method === undefined || target === undefined || id === undefined || !METHOD.test(method) || !REQUEST_ID.test(id)) return undefined

  const escaped = said.get('everyhop-cert')
  const isVerified = said.get('everyhop-cert-verify') === 'SUCCESS'
  const certificate = escaped !== undefined && isVerified ? (readBase64(escaped) ?? readEscapedPem(escaped)) : undefined
  // A certificate that TLS accepted and that cannot be read is no certificate to go on without.
  if (escaped !== undefined && isVerified && !certificate) return undefined

  const peer = said.get('everyhop-peer')
  return {
    observed: {
      method,
      target,
      rawHeaders,
      earlyData: said.has('everyhop-early'),
      removes: said.get('everyhop-removes') === REMOVAL_DIGEST,
      ...(certificate === undefined ? {} : { certificate }),
      ...(peer !== undefined && isIP(peer) !== 0 ? { peer } : {}),
    },
    retryKey: () => sha256(JSON.stringify([id, method, target, escaped, said.has('everyhop-early'), decisive])),
  }
}
