import { createHash } from 'node:crypto'
import type { SliceRoute } from '@everyhop/chain'
import { createMemoryReplayStore, createVerifier, evidenceFrom, type LoadedSlice } from '@everyhop/verifier'
import { expect, test } from 'vitest'
import { createDecider } from './decider.js'
import { credentials, edgeSlice, issuerFetch, KEYS, ordersSlice } from './gateway.testkit.js'

/** The edge signs the digest that the client sent, without the content; the application compares it with what it received. */

const sha256 = (content: string): string => createHash('sha256').update(content).digest('base64')

const covering = ({ slice, digest }: LoadedSlice): LoadedSlice => ({
  digest,
  slice: { ...slice, routes: slice.routes.map((route): SliceRoute => ({ ...route, body: 'covered' })) },
})
const edge = createDecider({ slice: covering(edgeSlice()), key: KEYS.edge.privateKey, fetch: issuerFetch })
const orders = createVerifier({ slice: covering(ordersSlice()), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })

/** Fields at the application of one honest request through the edge. */
async function attested(content: string): Promise<readonly string[]> {
  const rawHeaders = [...credentials({ htm: 'POST' }), 'Content-Digest', `sha-256=:${sha256(content)}:`]
  const ruling = await edge.decide({ method: 'POST', target: '/orders/1', rawHeaders, earlyData: false, removes: true })
  if (ruling.verdict !== 'pass') throw new Error('refused')
  return [...rawHeaders, ...ruling.fields.flat()]
}

const atOrders = (rawHeaders: readonly string[], received: string) =>
  orders.verify(evidenceFrom({ method: 'POST', target: '/orders/1', rawHeaders }), () => Promise.resolve({ sha256: sha256(received) }))

test('the content that the client sent', async () => {
  expect(await atOrders(await attested('one order'), 'one order')).toMatchObject({ verdict: 'allow', proven: { path: ['edge'] } })
})

test('other content under the same digest', async () => {
  expect(await atOrders(await attested('one order'), 'two orders')).toMatchObject({ code: 'request.content-digest' })
})

test('other content under a digest of its own, which the edge did not sign', async () => {
  const fields = (await attested('one order')).map((value) => value.replace(sha256('one order'), sha256('two orders')))
  expect(await atOrders(fields, 'two orders')).toMatchObject({ code: 'attestation.signature' })
})

test.each([
  ['no digest', []],
  ['a digest of another kind', ['Content-Digest', 'md5=:AAAA:']],
])('the edge refuses %s', async (_, digest) => {
  const rawHeaders = [...credentials({ htm: 'POST' }), ...digest]
  const ruling = await edge.decide({ method: 'POST', target: '/orders/1', rawHeaders, earlyData: false, removes: true })
  expect(ruling.verdict === 'refuse' && JSON.parse(ruling.refusal.body)).toMatchObject({ status: 400, code: 'request.content-digest' })
})
