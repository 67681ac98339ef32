import { credentials, proofFor, tokenFor, BASE } from '../../gateway.testkit.js'
import { USUAL, type BackendHabits, type FrontHabits, type Message } from './naive.testkit.js'

/** One way to make two servers see different requests in the same bytes, with the habits of a front and a backend that fall for it. */
export type Case = {
  readonly family: string
  readonly title: string
  /** What the attacker sends, in pieces: each after the answer to the one before. */
  readonly sends: () => readonly string[]
  readonly front: FrontHabits
  readonly backend: BackendHabits
  /** Status of the own proxy's first answer. */
  readonly status: number
}

export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: orders\r\n\r\n'

/** The head of a request that the policy allows, and more lines. */
const post = (...lines: readonly string[]): string => head('POST', '/orders/1', ...lines)
export function head(method: string, path: string, ...lines: readonly string[]): string {
  const token = tokenFor()
  const own = [`Authorization: DPoP ${token}`, `DPoP: ${proofFor(token, { htm: method, htu: `${BASE}${path}` })}`]
  return [`${method} ${path} HTTP/1.1`, 'Host: api.test', ...own, ...lines, '', ''].join('\r\n')
}

/** Ends a chunked content at once; by its length it goes on. */
const ENDS_EARLY = `0\r\n\r\n${SMUGGLED}`
const length = (content: string): string => `Content-Length: ${content.length}`
const chunk = (content: string): string => `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`

/** Sees a coding in whatever resembles one. */
const SEES_ANY_CODING = { ...USUAL, chunked: /transfer[-_ ]?encoding[^a-z]*[^\n]*(?:\n[ \t]+)?[^\n]*(?:chunked|chu\0nked)/i }
const READS_LENGTH = { ...USUAL, prefers: 'length' } as const
const OVERLOOKS = { ...USUAL, prefers: 'nothing' } as const

const OBFUSCATIONS: Readonly<Record<string, readonly string[]>> = {
  'another word': ['Transfer-Encoding: xchunked'],
  'a space before the colon': ['Transfer-Encoding : chunked'],
  'a tab before the colon': ['Transfer-Encoding\t: chunked'],
  'a leading space': [' Transfer-Encoding: chunked'],
  'a folded line': ['Transfer-Encoding:', ' chunked'],
  'a vertical tab': ['Transfer-Encoding: \x0bchunked'],
  'a NUL': ['Transfer-Encoding: chu\0nked'],
  'a second field': ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
  'a list': ['Transfer-Encoding: identity, chunked'],
  'a list that ends in another': ['Transfer-Encoding: chunked, identity'],
  quotes: ['Transfer-Encoding: "chunked"'],
  'a parameter': ['Transfer-Encoding: chunked;q=1'],
  'an underscore': ['Transfer_Encoding: chunked'],
  'a line that ends in LF': ['X: y\nTransfer-Encoding: chunked'],
  'a line that ends in CR': ['X: y\rTransfer-Encoding: chunked'],
  'an empty line of LF': ['X: y\n\nTransfer-Encoding: chunked'],
  'capitals and a tab': ['TRANSFER-ENCODING:\tchunked\t'],
}

/** Reads an obfuscated length; the front does not. */
const SEES_ANY_LENGTH = { ...USUAL, length: /content[-_ ]length[\s:+]*(?:0x)?(\d+)/i }
const HIDDEN_LENGTHS: Readonly<Record<string, readonly string[]>> = {
  'a space before the colon': ['Content-Length : 24'],
  'a leading space': ['X: y', ' Content-Length: 24'],
  'a plus sign': ['Content-Length: +24'],
  'a folded line': ['Content-Length:', ' 24'],
  'a line that ends in LF': ['X: y\nContent-Length : 24'],
  'a hexadecimal number': ['Content-Length: 0x24'],
}

/** What is said after the content joins what was said before it. */
const mergesTrailers = ({ head: lines, content }: Message): string => {
  const trailers = /\r\n0\r\n((?:[^\r\n]+\r\n)*)\r\n$/.exec(`\r\n${content}`)?.[1] ?? ''
  return `${lines.replace(/\r\ntransfer-encoding:[^\r\n]*/i, '')}\r\n${trailers}\r\n`
}

export const CASES: readonly Case[] = [
  {
    family: 'CL.TE',
    title: 'both lengths: the front counts, the backend reads chunks',
    sends: () => [post(length(ENDS_EARLY), 'Transfer-Encoding: chunked') + ENDS_EARLY],
    front: { reading: READS_LENGTH },
    backend: {},
    status: 400,
  },
  {
    family: 'TE.CL',
    title: 'both lengths: the front reads chunks, the backend counts',
    sends: () => [post('Content-Length: 4', 'Transfer-Encoding: chunked') + chunk(SMUGGLED)],
    front: {},
    backend: { reading: READS_LENGTH },
    status: 400,
  },
  {
    family: 'CL.CL',
    title: 'two lengths: the front takes the first, the backend the last',
    sends: () => [post(length(SMUGGLED), 'Content-Length: 0') + SMUGGLED],
    front: {},
    backend: { reading: { ...USUAL, length: /content-length:[ \t]*(\d+)[ \t]*(?![\s\S]*content-length)/i } },
    status: 400,
  },
  ...Object.entries(OBFUSCATIONS).map(([title, lines]): Case => ({
    family: 'TE.TE',
    title,
    sends: () => [post(length(ENDS_EARLY), ...lines) + ENDS_EARLY],
    front: { reading: READS_LENGTH },
    backend: { reading: SEES_ANY_CODING },
    // A name with an underscore is another name: the request passes by its length, without that field.
    status: title === 'an underscore' ? 200 : 400,
  })),
  {
    family: 'TE.TE',
    title: 'a chunk extension with a line end that only the front takes for one',
    sends: () => [`${post('Transfer-Encoding: chunked')}2;\nxx\r\n${chunk(ENDS_EARLY)}`],
    front: {},
    backend: { reading: { ...USUAL, chunkLine: /^([\da-f]+)[^\r]*\r\n/i } },
    status: 400,
  },
  {
    family: 'CL.0',
    title: 'the backend overlooks the content of a POST',
    sends: () => [post(length(SMUGGLED)) + SMUGGLED],
    front: {},
    backend: { reading: OVERLOOKS },
    status: 200,
  },
  {
    family: 'CL.0',
    title: 'the backend overlooks the content of a GET',
    sends: () => [head('GET', '/orders/1', length(SMUGGLED)) + SMUGGLED],
    front: {},
    backend: { reading: OVERLOOKS },
    status: 200,
  },
  ...Object.entries(HIDDEN_LENGTHS).map(([title, lines]): Case => ({
    family: '0.CL',
    title: `the backend waits for content that the front did not see: ${title}`,
    sends: () => [head('GET', '/orders/1', ...lines)],
    front: { reading: { ...USUAL, length: /^content-length:[ \t]*(\d+)\r?$/im } },
    backend: { reading: SEES_ANY_LENGTH },
    status: 400,
  })),
  {
    family: 'pause',
    title: 'the backend answers before the content, and takes what comes later for the next request',
    sends: () => [`${post(length(`x${SMUGGLED}`))}x`, SMUGGLED],
    front: { streams: true },
    backend: { reading: OVERLOOKS },
    status: 200,
  },
  {
    family: 'trailer',
    title: 'a length in a trailer',
    sends: () => [post('Transfer-Encoding: chunked') + `0\r\nContent-Length: 24\r\n\r\n`],
    front: { edit: mergesTrailers },
    backend: {},
    status: 400,
  },
  {
    family: 'trailer',
    title: 'a forged field in a trailer',
    sends: () => [post('Transfer-Encoding: chunked') + `0\r\nX-User: admin\r\n\r\n`],
    front: { edit: mergesTrailers },
    backend: {},
    status: 400,
  },
  {
    family: 'Expect',
    title: 'an interim answer is taken for the answer',
    sends: () => [post('Expect: 100-continue', 'Content-Length: 1') + 'x'],
    front: {},
    backend: { continuesAt: /expect:/i },
    status: 100,
  },
  {
    family: 'Expect',
    title: 'an expectation that only the backend understands',
    sends: () => [post('Expect: y 100-continue', 'Content-Length: 1') + 'x'],
    front: {},
    backend: { continuesAt: /expect:/i },
    status: 417,
  },
  {
    family: 'upgrade',
    title: 'h2c: the front joins both sides, and decides no more',
    sends: () => [head('GET', '/orders/1', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAA'), SMUGGLED],
    front: { tunnels: true },
    backend: {},
    status: 400,
  },
  {
    family: 'upgrade',
    title: 'a WebSocket that the backend refused: the front joins both sides all the same',
    sends: () => [head('GET', '/orders/1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 777'), SMUGGLED],
    front: { tunnels: true },
    backend: {},
    status: 200,
  },
  {
    family: 'response queue',
    title: 'the backend answers once more than it was asked',
    sends: () => [head('GET', '/orders/1')],
    front: {},
    backend: { answersTwice: true },
    status: 200,
  },
]

export const honestHead = (): string => ['GET /orders/2 HTTP/1.1', 'Host: api.test', ...lines(credentials({ htu: `${BASE}/orders/2` })), '', ''].join('\r\n')

const lines = (fields: readonly string[]): readonly string[] => fields.flatMap((value, index) => (index % 2 === 1 ? [`${fields[index - 1]}: ${value}`] : []))
