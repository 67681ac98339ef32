import { Agent, request as httpRequest } from 'node:http'
import type { SignedRequest } from './honest-clients.js'

/** `code` of a refusal; `down`: nothing was sent, nobody listens; `broken`: sent, and no answer came. */
export type Answer = { readonly outcome: 'accepted' | 'down' | 'broken' } | { readonly outcome: 'refused'; readonly code: string }

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const PATIENCE_MS = 10_000

/** Never rejects. */
export function send(port: number, { id, token, proof }: SignedRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { authorization: `DPoP ${token}`, dpop: proof }
    const request = httpRequest({ agent, host: '127.0.0.1', port, path: `/${id}`, headers, timeout: PATIENCE_MS }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('error', () => resolve({ outcome: 'broken' }))
      response.on('close', () => resolve({ outcome: 'broken' }))
      response.on('end', () => resolve(response.statusCode === 200 ? { outcome: 'accepted' } : { outcome: 'refused', code: codeOf(body) }))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ outcome: error.code === 'ECONNREFUSED' ? 'down' : 'broken' }))
    request.end()
  })
}

function codeOf(body: string): string {
  try {
    return String((JSON.parse(body) as { code?: unknown }).code)
  } catch {
    return 'no code'
  }
}
