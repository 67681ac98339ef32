import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { BASE, options, proof, routed, token } from './guard.testkit.js'
import { openGuard, type Arrival } from './index.js'

/** What stands below the adapters needs no server and no framework: a proxy beside an application in another language can use it. */

const arrival = (change: Partial<Arrival> = {}): Arrival => {
  const of = token()
  return {
    method: 'GET',
    target: '/orders/1',
    rawHeaders: ['Authorization', `DPoP ${of}`, 'DPoP', proof(of)],
    hashContent: () => Promise.reject(new Error('not asked for')),
    ...change,
  }
}

test('an honest request: what it proved, and a way to end what stays open', async () => {
  const { admit } = openGuard(options())
  const admission = await admit(arrival())
  expect(admission).toMatchObject({ verdict: 'allow', proven: { client: 'shop', binding: 'dpop', route: '/orders/**', path: [] }, fields: [] })
  expect(admission).toHaveProperty('watch', expect.any(Function))
})

test('another: the exact answer', async () => {
  const { admit } = openGuard(options())
  expect(await admit(arrival({ rawHeaders: [] }))).toMatchObject({
    verdict: 'deny',
    answer: { status: 401, fields: expect.arrayContaining([['WWW-Authenticate', 'DPoP algs="ES256"']]) as unknown },
  })
})

test('content that cannot be had is a fault of the verifier, not of the request', async () => {
  const { admit } = openGuard(options(routed({ body: 'covered' })))
  const { rawHeaders, ...rest } = arrival()
  const digest = `sha-256=:${createHash('sha256').digest('base64')}:`
  expect(await admit({ ...rest, rawHeaders: [...rawHeaders, 'Content-Digest', digest] })).toMatchObject({ verdict: 'deny', answer: { status: 503 } })
})

test('content is read where the route covers it, up to what the options say', async () => {
  const limits: number[] = []
  const hashContent = (maxBytes: number) => {
    limits.push(maxBytes)
    return Promise.resolve({ sha256: createHash('sha256').digest('base64') })
  }
  const digest = ['Content-Digest', `sha-256=:${createHash('sha256').digest('base64')}:`]
  for (const body of ['covered', 'uncovered'] as const) {
    const { admit } = openGuard({ ...options(routed({ body })), maxContentBytes: 10 })
    const { rawHeaders, ...rest } = arrival()
    expect(await admit({ ...rest, rawHeaders: [...rawHeaders, ...digest], hashContent })).toMatchObject({ verdict: 'allow' })
  }
  expect(limits).toEqual([10])
})

test('a guard by options and one by slice decide alike', async () => {
  const { slice: _, sliceKey: __, ...around } = options()
  const issuer = [{ url: 'https://id.test', jwksUri: 'https://id.test/jwks' }]
  const { admit } = openGuard({ ...around, base: BASE, issuer, audience: BASE, routes: [{ path: '/orders/**', clients: ['shop'] }], singleInstance: true })
  expect(await admit(arrival())).toMatchObject({ verdict: 'allow', proven: { client: 'shop', route: '/orders/**' } })
  expect(await admit(arrival({ target: '/other' }))).toMatchObject({ verdict: 'deny', answer: { status: 403 } })
})
