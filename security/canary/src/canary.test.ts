import { once } from 'node:events'
import { createServer, request as send, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { canary, markerOf, readRunTag, RUN_FIELD, valueMac, witness, writeRunTag } from './index.js'

const key = Buffer.alloc(32, 1)
const tagKey = Buffer.alloc(32, 2)
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('the marker is that of challenge, method, path and caller', async () => {
  const resource = canary({ key, who: ({ headers }) => headers['x-user'] as string | undefined })
  const url = await serve((request, response) => resource(request, response))
  const response = await fetch(`${url}/c?a=1&everyhop-challenge=abc`, { headers: { 'x-user': 'ann' } })
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({
    canary: markerOf(key, { challenge: 'abc', method: 'GET', path: '/c', who: 'ann' }),
    who: 'ann',
    method: 'GET',
    path: '/c',
  })
  expect(resource.answered()).toBe(1)
})

test('no two lists of values share a marker', () => {
  const one = markerOf(key, { challenge: 'a', method: 'bc', path: '', who: '' })
  expect(markerOf(key, { challenge: 'ab', method: 'c', path: '', who: '' })).not.toBe(one)
  expect(markerOf(tagKey, { challenge: 'a', method: 'bc', path: '', who: '' })).not.toBe(one)
})

test('a run tag is read back only under its key', () => {
  const tag = writeRunTag(tagKey, { run: 'run-12345', n: 7 })
  expect(readRunTag(tagKey, tag)).toEqual({ run: 'run-12345', n: 7 })
  expect(readRunTag(key, tag)).toBeUndefined()
  expect(readRunTag(tagKey, tag.replace('.7.', '.8.'))).toBeUndefined()
})

test('short keys are refused', () => {
  expect(() => canary({ key: Buffer.alloc(8) })).toThrow(TypeError)
  expect(() => witness({ tagKey, secret: 'short' })).toThrow(TypeError)
})

test('the witness tells count, length and digest of what came with a tag, only to who knows the secret, and never a value', async () => {
  const eyes = witness({ tagKey, secret: 'a secret of the prober' })
  const url = await serve((request, response) => {
    eyes.record(request, response)
    request.resume().on('end', () => response.end())
  })
  const reports = await eyes.listen()
  closers.push(reports.close)

  const outgoing = send(`${url}/c?q=1`, {
    method: 'POST',
    headers: { [RUN_FIELD]: writeRunTag(tagKey, { run: 'run-12345', n: 1 }), DPoP: ['one', 'two'], Trailer: 'X-Late' },
  })
  outgoing.write('x')
  outgoing.addTrailers({ 'X-Late': 'late' })
  outgoing.end()
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
  await once(incoming.resume(), 'end')
  await fetch(url, { headers: { [RUN_FIELD]: 'run-12345.2.forged' } })

  const ask = (n: number, secret = 'a secret of the prober') =>
    fetch(`${reports.url}/seen?run=run-12345&n=${n}`, { headers: { authorization: `Bearer ${secret}` } })
  const text = await (await ask(1)).text()
  expect(text).not.toContain('one')
  const report = JSON.parse(text) as ReturnType<typeof eyes.report>
  expect(report).toMatchObject({ arrivals: 1, method: 'POST', path: '/c' })
  expect(report.fields['dpop']).toEqual(['one', 'two'].map((value) => ({ length: 3, mac: valueMac(tagKey, 'run-12345', value) })))
  expect(report.trailers['x-late']).toEqual([{ length: 4, mac: valueMac(tagKey, 'run-12345', 'late') }])
  expect(await (await ask(2)).json()).toMatchObject({ arrivals: 0 })
  expect((await ask(1, 'another secret here')).status).toBe(401)
})

test('the witness forgets the oldest beyond its capacity', () => {
  const eyes = witness({ tagKey, secret: 'a secret of the prober', capacity: 2 })
  for (const n of [1, 2, 3]) {
    const rawHeaders = [RUN_FIELD, writeRunTag(tagKey, { run: 'run-12345', n })]
    eyes.record({ rawHeaders, rawTrailers: [], once: () => undefined } as never, undefined)
  }
  expect([1, 2, 3].map((n) => eyes.report('run-12345', n).arrivals)).toEqual([0, 1, 1])
})
