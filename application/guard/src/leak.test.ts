import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Code } from '@everyhop/proof'
import { ADAPTERS, type Open } from './adapters.testkit.js'
import { createCanaries } from './canaries.testkit.js'
import { guard as fastifyGuard } from './fastify.js'
import type { GuardOptions } from './guard-options.js'
import { BASE, certificateOf, CLIENT, ISSUER, jwkOf, options, pemOf, SERVER, signed, SLICE, SLICE_KEY, surroundings, told, type Pair } from './guard.testkit.js'
import { guard as nodeGuard } from './node.js'
import { CLIENT_SECRET, givenFor, HIDDEN, honestLines, HOP, NONCE_SECRET, OPAQUE, REFUSED, STRANGER, type Refused } from './refused.testkit.js'
import { watch, watchOutput } from './watched.testkit.js'
import { listen, send } from './wire.testkit.js'

/** No token, proof, key, secret or certificate may come out, in whole or in part, whatever is refused and whatever breaks. */

const canaries = createCanaries()
const watched = watch()
let hidden = 0

beforeAll(() => {
  for (const text of HIDDEN) canaries.hide('a claim', text)
  canaries.hide('the client secret', CLIENT_SECRET)
  canaries.hide('the nonce secret', NONCE_SECRET)
  canaries.hide('an opaque token', OPAQUE)
  for (const [name, { publicKey, privateKey }] of Object.entries({ CLIENT, ISSUER, SERVER, STRANGER, HOP, SLICE_KEY } satisfies Record<string, Pair>)) {
    const { x, y, d } = privateKey.export({ format: 'jwk' })
    canaries.hide(`the private key of ${name}`, Buffer.from(d!, 'base64url'))
    canaries.hide(`the key of ${name}`, Buffer.from(x!, 'base64url'))
    if (y !== undefined) canaries.hide(`the key of ${name}`, Buffer.from(y, 'base64url'))
    canaries.hide(`the key of ${name}`, publicKey.export({ format: 'pem', type: 'spki' }).toString().split('\n')[1]!)
  }
  for (const of of [CLIENT, SERVER]) {
    canaries.hide('a certificate', certificateOf(of))
    canaries.hide('a certificate', pemOf(of))
  }
})
afterAll(() => watched.stop())

/** Sends a request and keeps what it carried as a secret, and what it was answered as what came out. */
async function ask(open: Open, refused: Refused): Promise<void> {
  const { slice = SLICE, fields = honestLines, times = 1, target, method, content } = refused
  const opened = await open({
    ...options(slice),
    nonceSecrets: [NONCE_SECRET],
    ...givenFor(refused),
    sink: watched.sink,
  } as GuardOptions)
  const server = watched.serve(opened)
  await listen(server)
  const lines = fields()
  for (const line of lines) {
    const [, name, value] = /^(Authorization|DPoP|Client-Cert|Signature|X-SSL-Client-Cert): (.*)$/s.exec(line) ?? []
    // A JWS of which only a part leaks is caught by its parts; so short a one as `[]` has none.
    if (name !== undefined) for (const part of value!.split(/[ .:]/)) if (part.length >= 20) canaries.hide(name, part)
    hidden += 1
  }
  const line = { fields: lines, ...(target && { target }), ...(method && { method }), ...(content && { content }) }
  for (let n = 0; n < times; n += 1) {
    const answer = await send(server, line)
    watched.note(answer.status, answer.head, answer.body)
  }
  await new Promise((resolve) => server.close(resolve))
}

describe('the detector', () => {
  test('finds a piece of a token, of a key in another spelling, and nothing else', () => {
    const own = createCanaries()
    own.hide('token', 'eyJhbGciOiJFUzI1NiJ9eyJzdWIiOiJzaG9wIn0')
    own.hide('key', NONCE_SECRET)
    expect(own.foundIn('Error: bad token NiJ9eyJzdWIiOiJzaG9wIn0 given')).toEqual(['token'])
    expect(own.foundIn(inspect({ secret: NONCE_SECRET.toString('hex') }))).toEqual(['key'])
    expect(own.foundIn(JSON.stringify(NONCE_SECRET))).toEqual(['key'])
    expect(own.foundIn('eyJhbGciOiJFUzI1Ni eyJzdWIiOiJzaG9')).toEqual([])
  })

  test('sees what is printed, with its cause', () => {
    const printed: unknown[] = []
    const stop = watchOutput(printed)
    console.error(new Error('printed', { cause: { token: 'in-the-cause' } }))
    process.stderr.write('written')
    stop()
    const text = inspect(printed, { depth: 9 })
    expect(['printed', 'in-the-cause', 'written'].map((part) => text.includes(part))).toEqual([true, true, true])
  })
})

describe('each code, with its request', () => {
  for (const [code, refused] of Object.entries(REFUSED) as [Code, Refused | string][]) {
    if (typeof refused === 'string') continue
    test(code, async () => {
      await ask(ADAPTERS['node:http']!, refused)
      expect(watched.receipts.at(-1)?.code).toBe(code)
    })
  }
})

describe('each framework, with what it does to answers and errors', () => {
  const some: readonly Code[] = ['proof.replayed', 'proof.nonce', 'token.signature', 'path.stray', 'replay.unavailable', 'keys.unavailable', 'verifier.failed']
  for (const [name, open] of Object.entries(ADAPTERS)) {
    test(name, async () => {
      await ask(open, {})
      expect(watched.receipts.at(-1)?.decision).toBe('allow')
      for (const code of some) {
        await ask(open, REFUSED[code] as Refused)
        expect(watched.receipts.at(-1)?.code).toBe(code)
      }
    })
  }

  test('Fastify, which logs all that it can', async () => {
    const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => (watched.note(chunk.toString()), done()) })
    const open: Open = async (options) => {
      const check = fastifyGuard(options)
      const app = Fastify({ logger: { level: 'trace', stream } })
      app.addHook('onRequest', check)
      app.get('/*', (request, reply) => reply.send(told(request.proof)))
      await app.ready()
      return { listener: (request, response) => app.routing(request, response), upkeep: check }
    }
    for (const code of some) await ask(open, REFUSED[code] as Refused)
  })
})

describe('what stops the start', () => {
  const password = `canary-password-${CLIENT_SECRET}`
  const declared = { base: BASE, issuer: 'https://id.test', audience: BASE, singleInstance: true, ...surroundings() }
  const WRONG: Readonly<Record<string, () => unknown>> = {
    'a token in place of the slice': () => nodeGuard({ ...options(), slice: honestLines()[0]!.slice('Authorization: DPoP '.length) }),
    'a private key in place of the slice key': () => nodeGuard({ ...options(), sliceKey: { ...SLICE_KEY.privateKey.export({ format: 'jwk' }), kty: 'none' } }),
    'a slice that another key signed': () => nodeGuard({ ...options(), sliceKey: jwkOf(HOP.publicKey) }),
    'a nonce secret that is too short': () =>
      nodeGuard({ ...options({ ...SLICE, proof: { ...SLICE.proof, nonce: 'required' } }), nonceSecrets: [NONCE_SECRET.subarray(0, 31)] }),
    'a password in the issuer': () => nodeGuard({ ...declared, issuer: `https://me:${password}@id.test` }),
    'a password in the base': () => nodeGuard({ ...declared, base: `https://me:${password}@api.test` }),
    'a password in the URL of keys': () => nodeGuard({ ...declared, issuer: [{ url: 'https://id.test', jwksUri: `ftp://me:${password}@id.test` }] }),
    'a secret without a client': () =>
      nodeGuard({
        ...options({ ...SLICE, issuers: [{ ...SLICE.issuers[0]!, introspection: 'https://id.test/introspect' }] }),
        introspection: { 'https://id.test': { method: 'client_secret_post', clientId: '', clientSecret: CLIENT_SECRET } },
      }),
    'a secret for no issuer': () =>
      nodeGuard({ ...options(), introspection: { 'https://other.test': { method: 'client_secret_post', clientId: 'orders', clientSecret: CLIENT_SECRET } } }),
    'a private key of a hop among the public ones': () =>
      nodeGuard({
        ...options(),
        slice: signed({ ...SLICE, neighbours: [{ hop: 'edge', keys: [{ ...HOP.privateKey.export({ format: 'jwk' }) } as never] }] }),
      }),
  }
  for (const [what, start] of Object.entries(WRONG)) {
    test(what, () => {
      const error = thrownBy(start)
      expect(error).toHaveProperty('code')
      watched.note(error)
    })
  }

  test('an issuer that cannot be reached when the guard is made ready', async () => {
    const error = await nodeGuard({ ...options(), ...givenFor(REFUSED['keys.unavailable'] as Refused) } as GuardOptions)
      .ready()
      .catch((reason: unknown) => reason)
    expect(error).toHaveProperty('code', 'config.issuer')
    watched.note(error)
  })
})

test('of all that, nothing came out', async () => {
  const text = await watched.everything()
  expect(hidden).toBeGreaterThan(250)
  expect(text.length).toBeGreaterThan(50_000)
  expect(watched.spans().length).toBeGreaterThan(150)
  expect(canaries.foundIn(text)).toEqual([])
})

function thrownBy(start: () => unknown): unknown {
  try {
    start()
  } catch (error) {
    return error
  }
  return undefined
}
