import { createKeyPair } from './create-key-pair.js'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Chain } from '@everyhop/chain'
import { describe, expect, test } from 'vitest'
import { mostOf, permissionFor, runnerThumbprint } from './consent.js'
import { lookupTxt, pinOrigin } from './origin.js'

const { privateKey: key } = createKeyPair('ed25519')
const NOW = Date.parse('2026-06-01T00:00:00Z') / 1000
const chain = { environment: 'staging', production: false, probe: { clients: [], resource: '/c', class: 'P3' } } as unknown as Chain
/** A name that leads to this machine counts as somebody else's. */
const foreign = await pinOrigin('https://api.example', async () => '127.0.0.1')
const own = await pinOrigin('http://127.0.0.1:1')

const honest = { runner: runnerThumbprint(key), environment: 'staging', class: 'P2', end: '2026-06-02T00:00:00Z' }
const asking = (of: Chain, origins = [foreign, own]) => ({ chain: of, origins, runnerKey: key, now: NOW })
const ask = (document: unknown, of = chain, records: readonly string[] = []) =>
  permissionFor(asking(of), { fetch: async () => (document === undefined ? undefined : JSON.stringify(document)), txt: async () => records })

test('this machine needs no consent', async () => {
  const nobody = async (): Promise<never> => {
    throw new Error('asked')
  }
  expect(await permissionFor(asking(chain, [own]), { fetch: nobody, txt: nobody })).toMatchObject({ class: 'P3' })
})

test('a consent permits the class that it names', async () => {
  expect(await ask(honest)).toMatchObject({ class: 'P2', requestsPerSecond: 20 })
  expect(await ask({ ...honest, class: 'P3' })).toMatchObject({ class: 'P3' })
})

test('production never permits more than P2', async () => {
  expect(await ask({ ...honest, class: 'P3' }, { ...chain, production: true })).toMatchObject({ class: 'P2' })
})

test('nor on this machine, and the plan says the same', async () => {
  const production = { ...chain, production: true }
  expect(await permissionFor(asking(production, [own]), { fetch: async () => undefined, txt: async () => [] })).toMatchObject({ class: 'P2' })
  expect(mostOf(production)).toBe('P2')
  expect(mostOf({ production: true })).toBe('P1')
})

describe('a TXT record', () => {
  const record = `v=everyhop1; runner=${honest.runner}; environment=staging; class=P2; end=2026-06-02T00:00:00Z`

  test('consents as the document does', async () => {
    expect(await ask(undefined, chain, ['v=spf1 -all', record])).toMatchObject({ class: 'P2', requestsPerSecond: 20 })
    expect(await ask({ ...honest, runner: 'x' }, chain, [record])).toMatchObject({ class: 'P2' })
  })
  test('is asked for under the name of the target, and of no address', async () => {
    const asked: string[] = []
    const txt = async (name: string) => {
      asked.push(name)
      return [record]
    }
    const address = await pinOrigin('https://192.0.2.1')
    expect(await permissionFor(asking(chain, [foreign]), { fetch: async () => undefined, txt })).toMatchObject({ class: 'P2' })
    expect(await permissionFor(asking(chain, [address]), { fetch: async () => undefined, txt })).toMatchObject({ class: 'P1' })
    expect(asked).toEqual(['_everyhop-probe.api.example'])
  })
  for (const [what, spoilt] of [
    ['of another version', record.replace('everyhop1', 'everyhop2')],
    ['for another runner', record.replace(/runner=[^;]+/, 'runner=x')],
    ['that is over', record.replace('06-02', '05-02')],
    ['with a member twice', `${record}; class=P3`],
    ['without a class', record.replace('class=P2; ', '')],
  ] as const) {
    test(`${what} is none`, async () => expect(await ask(undefined, chain, [spoilt])).toMatchObject({ class: 'P1', requestsPerSecond: 1 }))
  }
})

test('records are looked up at a server of names, each with its parts joined', async () => {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => server.send(answerTxt(query, ['v=every', 'hop1']), port, address))
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    expect(await lookupTxt('_everyhop-probe.api.example', [`127.0.0.1:${server.address().port}`])).toEqual(['v=everyhop1'])
  } finally {
    server.close()
  }
})

test('where nobody answers there is none', async () => {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    const refused = Buffer.from(query)
    refused.writeUInt16BE(0x8183, 2)
    server.send(refused, port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    expect(await lookupTxt('none.example', [`127.0.0.1:${server.address().port}`])).toEqual([])
  } finally {
    server.close()
  }
})

/** RFC 1035 §4: the question again, and one answer that points at its name. */
function answerTxt(query: Buffer, parts: readonly string[]): Buffer {
  const end = query.indexOf(0, 12) + 5
  const head = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
  const data = Buffer.concat(parts.map((part) => Buffer.from([part.length, ...Buffer.from(part)])))
  const answer = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length])
  return Buffer.concat([head, query.subarray(12, end), answer, data])
}

for (const [title, document] of Object.entries({
  'no document': undefined,
  'another runner': { ...honest, runner: 'x' },
  'another environment': { ...honest, environment: 'production' },
  'a consent that is over': { ...honest, end: '2026-06-01T00:00:00Z' },
  'an end that is no time': { ...honest, end: 'never' },
  'an unknown class': { ...honest, class: 'P9' },
})) {
  test(`${title}: production's rules, P1 and one request a second`, async () => {
    expect(await ask(document)).toMatchObject({ class: 'P1', requestsPerSecond: 1 })
  })
}
