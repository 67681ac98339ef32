import { isIP } from 'node:net'
import { sha256 } from '@everyhop/proof'
import { readEscapedPem } from '../certificate.js'
import type { Question } from '../decision/read-question.js'
import { bytesIn, messageIn, readMessage, textIn, type Message } from './protobuf.js'

/** What Envoy asks, with the names of the fields that the request has. */
export type Check = Question & { readonly names: readonly string[]; readonly peer: string | undefined }

const METHOD = /^[A-Z][A-Z-]{0,31}$/

/**
 * Reads a CheckRequest of `envoy.service.auth.v3`. Undefined where Envoy says too little, or not as it is configured here: fields must come
 * each by itself (`encode_raw_headers`), since in the map that it sends otherwise, two of one name are joined into one.
 */
export function readCheck(bytes: Uint8Array): Check | undefined {
  const source = path(readMessage(bytes), 1, 1)
  const http = path(readMessage(bytes), 1, 4, 2)
  const headers = http && readHeaders(http)
  if (!http || !headers || http.has(3)) return undefined
  const [id, method, target] = [textIn(http, 1), textIn(http, 2), textIn(http, 4)]
  if (method === undefined || target === undefined || id === undefined) return undefined
  const isSame = only(headers, ':method') === method && only(headers, ':path') === target
  if (!isSame || !METHOD.test(method) || id === '') return undefined

  const escaped = source ? textIn(source, 5) : ''
  if (escaped === undefined) return undefined
  // Envoy tells of certificates that it verified only: its handshake fails for others.
  const certificate = escaped === '' ? undefined : readEscapedPem(escaped)
  if (escaped !== '' && !certificate) return undefined

  const rawHeaders = headers.flatMap(([name, value]) => (name === ':authority' ? ['host', value] : name.startsWith(':') ? [] : [name, value]))
  const peer = peerOf(source)
  return {
    observed: {
      method,
      target,
      rawHeaders,
      // It has no early data over TCP; a proxy before it says so in a field, which is among the others.
      earlyData: false,
      removes: true,
      ...(certificate === undefined ? {} : { certificate }),
      ...(peer === undefined ? {} : { peer }),
    },
    names: headers.map(([name]) => name),
    peer,
    retryKey: () => sha256(JSON.stringify([id, escaped, headers])),
  }
}

type Header = readonly [name: string, value: string]

/** The header map, in its order; a value is text or, with `encode_raw_headers`, bytes. */
function readHeaders(http: Message): readonly Header[] | undefined {
  const map = messageIn(http, 13)
  if (map === undefined || map === 'malformed') return undefined
  const headers: Header[] = []
  for (const bytes of map.get(1) ?? []) {
    const header = typeof bytes === 'number' ? undefined : readMessage(bytes)
    const name = header && textIn(header, 1)
    const [text, raw] = header ? [bytesIn(header, 2), bytesIn(header, 3)] : []
    if (name === undefined || name === '' || text === 'malformed' || raw === 'malformed') return undefined
    headers.push([name.toLowerCase(), Buffer.from(raw ?? text ?? []).toString('latin1')])
  }
  return headers
}

const only = (headers: readonly Header[], wanted: string): string | undefined => {
  const found = headers.filter(([name]) => name === wanted)
  return found.length === 1 ? found[0]![1] : undefined
}

function peerOf(source: Message | undefined): string | undefined {
  const socket = path(source, 1, 1)
  const address = socket ? textIn(socket, 2) : ''
  return address === undefined || isIP(address) === 0 ? undefined : address
}

/** A message within messages; undefined where one on the way is missing or malformed. */
function path(message: Message | undefined, ...fields: readonly number[]): Message | undefined {
  let found = message
  for (const field of fields) {
    const next = found && messageIn(found, field)
    found = next === 'malformed' ? undefined : next
  }
  return found
}
