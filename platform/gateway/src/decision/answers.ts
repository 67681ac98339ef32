import type { ServerResponse } from 'node:http'
import type { Refusal } from '@everyhop/proof'
import type { Ruling } from '../decider.js'

/** How what was decided is told to a gateway over HTTP. What has no `Everyhop-Verdict` is not an answer of ours. */
export function pass(response: ServerResponse, { fields, next, nonce }: Extract<Ruling, { verdict: 'pass' }>): void {
  const all = ['Everyhop-Verdict', 'pass', 'Everyhop-Next', next.hop, 'Content-Length', '0']
  if (nonce !== undefined) all.push('DPoP-Nonce', nonce)
  for (const [name, value] of fields) all.push(name, value)
  response.writeHead(200, all).end()
}

export function refused(response: ServerResponse, refusal: Refusal): void {
  response.setHeader('Everyhop-Verdict', 'refuse')
  answer(response, refusal)
}

export function answer(response: ServerResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  response.end(body)
}

export function text(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
