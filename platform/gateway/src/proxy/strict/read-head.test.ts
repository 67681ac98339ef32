import { expect, test } from 'vitest'
import { readHead } from './read-head.js'

const LINE = 'GET /orders/1 HTTP/1.1'
const read = (...lines: readonly string[]) => readHead(lines.join('\r\n'), 200)
const withLines = (...lines: readonly string[]) => read(LINE, 'Host: api.test', ...lines)
const posted = (...lines: readonly string[]) => read('POST /orders/1 HTTP/1.1', 'Host: api.test', ...lines)

const GOOD = { method: 'GET', target: '/orders/1', authority: 'api.test', content: { kind: 'none' }, expectsContinue: false, asksForWebSocket: false }

const ACCEPTED: Readonly<Record<string, readonly [ReturnType<typeof readHead>, object]>> = {
  'the least': [withLines(), {}],
  'no value': [withLines('X:'), {}],
  'whitespace around a value': [withLines('X: \t y \t'), {}],
  'a value with bytes beyond ASCII': [withLines('X: caf\xe9'), {}],
  'a path with escapes and a query': [read('GET /a%2Fb//c?d=%2F&e HTTP/1.1', 'Host: api.test'), { target: '/a%2Fb//c?d=%2F&e' }],
  'a host with a port': [read(LINE, 'host:api.test:8443'), { authority: 'api.test:8443' }],
  'the absolute form of this authority': [
    read('GET https://API.test/orders/1?x HTTP/1.1', 'Host: api.test:443'),
    { target: '/orders/1?x', authority: 'api.test:443' },
  ],
  'a length': [posted('Content-Length: 12'), { method: 'POST', content: { kind: 'length', length: 12 } }],
  'chunks, whatever the case': [posted('transfer-encoding: Chunked'), { method: 'POST', content: { kind: 'chunked' } }],
  'an expectation': [posted('Content-Length: 1', 'Expect: 100-Continue'), { method: 'POST', content: { kind: 'length', length: 1 }, expectsContinue: true }],
  'a WebSocket': [withLines('Connection: keep-alive, Upgrade', 'Upgrade: WebSocket'), { asksForWebSocket: true }],
}

for (const [title, [head, changes]] of Object.entries(ACCEPTED)) test(`accepted: ${title}`, () => expect(head).toEqual({ ...GOOD, ...changes }))

const REFUSED: Readonly<Record<string, readonly [ReturnType<typeof readHead>, number, string]>> = {
  'nothing at all': [read(''), 400, 'request-line'],
  'an empty line first': [read('', LINE, 'Host: api.test'), 400, 'request-line'],
  'two spaces': [read('GET  /orders/1 HTTP/1.1', 'Host: api.test'), 400, 'request-line'],
  'a tab for a space': [read('GET\t/orders/1 HTTP/1.1', 'Host: api.test'), 400, 'request-line'],
  'a leading space': [read(` ${LINE}`, 'Host: api.test'), 400, 'request-line'],
  'a space at the end': [read(`${LINE} `, 'Host: api.test'), 400, 'request-line'],
  'no version': [read('GET /orders/1', 'Host: api.test'), 400, 'request-line'],
  'another version': [read('GET /orders/1 HTTP/1.0', 'Host: api.test'), 505, 'version'],
  'a version of the future': [read('GET /orders/1 HTTP/2.0', 'Host: api.test'), 505, 'version'],
  'a byte beyond ASCII in the target': [read('GET /caf\xe9 HTTP/1.1', 'Host: api.test'), 400, 'request-line'],
  'a method in lower case': [read('get /orders/1 HTTP/1.1', 'Host: api.test'), 501, 'method'],
  'a method that nobody knows': [read('BREW /orders/1 HTTP/1.1', 'Host: api.test'), 501, 'method'],
  TRACE: [read('TRACE /orders/1 HTTP/1.1', 'Host: api.test'), 501, 'method'],
  CONNECT: [read('CONNECT api.test:443 HTTP/1.1', 'Host: api.test'), 501, 'method'],
  'a method of other characters': [read('G:T /orders/1 HTTP/1.1', 'Host: api.test'), 400, 'method'],
  'the absolute form of another authority': [read('GET https://other.test/ HTTP/1.1', 'Host: api.test'), 400, 'target'],
  'the absolute form of another scheme': [read('GET http://api.test/ HTTP/1.1', 'Host: api.test'), 400, 'target'],
  'an absolute form with a user': [read('GET https://api.test@other.test/ HTTP/1.1', 'Host: api.test'), 400, 'target'],
  'an asterisk': [read('OPTIONS * HTTP/1.1', 'Host: api.test'), 400, 'target'],
  'a fragment': [read('GET /orders/1#x HTTP/1.1', 'Host: api.test'), 400, 'target'],
  'no host': [read(LINE, 'X: y'), 400, 'host'],
  'two hosts, the same': [withLines('Host: api.test'), 400, 'host'],
  'an empty host': [read(LINE, 'Host:'), 400, 'host'],
  'a host with a path': [read(LINE, 'Host: api.test/x'), 400, 'host'],
  'a list of hosts': [read(LINE, 'Host: api.test, other.test'), 400, 'host'],
  'a host with a user': [read(LINE, 'Host: other.test@api.test'), 400, 'host'],
  'a space before the colon': [withLines('X : y'), 400, 'field'],
  'a tab in a name': [withLines('X\t: y'), 400, 'field'],
  'a folded line': [withLines('X: y', ' z'), 400, 'field'],
  'no name': [withLines(': y'), 400, 'field'],
  'no colon': [withLines('X'), 400, 'field'],
  'a NUL in a value': [withLines('X: y\0z'), 400, 'field'],
  'a NUL in a name': [withLines('X\0: y'), 400, 'field'],
  'a bare CR': [withLines('X: y\rZ: z'), 400, 'field'],
  'a bare LF': [withLines('X: y\nZ: z'), 400, 'field'],
  'a bell': [withLines('X: \x07'), 400, 'field'],
  DEL: [withLines('X: \x7f'), 400, 'field'],
  'both lengths': [posted('Content-Length: 1', 'Transfer-Encoding: chunked'), 400, 'length'],
  'two lengths, the same': [posted('Content-Length: 1', 'Content-Length: 1'), 400, 'length'],
  'a list of lengths': [posted('Content-Length: 1, 1'), 400, 'length'],
  'a sign': [posted('Content-Length: +1'), 400, 'length'],
  'a negative length': [posted('Content-Length: -1'), 400, 'length'],
  'a length of letters': [posted('Content-Length: 0x1'), 400, 'length'],
  'a length in another script': [posted('Content-Length: \xb2'), 400, 'length'],
  'no length': [posted('Content-Length:'), 400, 'length'],
  'a length beyond what a number holds': [posted('Content-Length: 9007199254740993'), 400, 'length'],
  'another coding': [posted('Transfer-Encoding: gzip'), 400, 'coding'],
  'a list of codings': [posted('Transfer-Encoding: gzip, chunked'), 400, 'coding'],
  'chunked twice': [posted('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400, 'coding'],
  'an empty coding': [posted('Transfer-Encoding:'), 400, 'coding'],
  'another expectation': [posted('Content-Length: 1', 'Expect: 200-ok'), 417, 'expectation'],
  'two expectations': [posted('Expect: 100-continue', 'Expect: 100-continue'), 417, 'expectation'],
  h2c: [withLines('Connection: Upgrade', 'Upgrade: h2c'), 400, 'upgrade'],
  'one of two upgrades': [withLines('Connection: Upgrade', 'Upgrade: websocket, h2c'), 400, 'upgrade'],
  "an upgrade that is not the connection's": [withLines('Upgrade: websocket'), 400, 'upgrade'],
  'a connection that names no upgrade': [withLines('Connection: upgrade'), 400, 'upgrade'],
  'a WebSocket with content': [withLines('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 1'), 400, 'upgrade'],
  'a WebSocket by POST': [posted('Connection: Upgrade', 'Upgrade: websocket'), 400, 'upgrade'],
}

for (const [title, [head, status, defect]] of Object.entries(REFUSED)) test(`refused: ${title}`, () => expect(head).toEqual({ status, defect }))

test('as many fields as are allowed, and one more', () => {
  const lines = (count: number) => Array.from({ length: count }, () => 'x: y')
  expect(readHead([LINE, 'Host: a', ...lines(4)].join('\r\n'), 5)).toMatchObject({ authority: 'a' })
  expect(readHead([LINE, 'Host: a', ...lines(5)].join('\r\n'), 5)).toEqual({ status: 431, defect: 'fields' })
})
