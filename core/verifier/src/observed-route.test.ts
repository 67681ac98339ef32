import type { SliceRoute } from '@everyhop/chain'
import { describe, expect, test } from 'vitest'
import { evidenceFrom } from './evidence-from.js'
import { sample, SLICE } from './sample.testkit.js'

/** Refusals on an observed route are recorded and let through: for roll-out, and only there. */

const START = 1_790_000_000
const [ROUTE] = SLICE.routes as readonly [SliceRoute]
const OBSERVED: SliceRoute = { ...ROUTE, observeUntil: START + 100 }
const ADMIN: SliceRoute = { ...ROUTE, pattern: '/admin/**' }

const opened = (routes: readonly SliceRoute[] = [OBSERVED], observes = true) => sample({ change: { routes }, observes })
const seen = (target: string, fields: readonly string[] = []) => evidenceFrom({ method: 'GET', target, rawHeaders: fields })

describe('on an observed route', () => {
  test('a refusal is told as one that is only recorded, and counts as a denial in the receipt', async () => {
    const { verifier, receipts } = opened()
    expect(await verifier.verify(seen('/orders/1'))).toEqual({ verdict: 'deny', code: 'request.uncredentialed', fault: 'caller', observed: true })
    expect(receipts).toMatchObject([{ decision: 'deny', code: 'request.uncredentialed', route: '/orders/**', observed: true }])
  })

  test('what is proven is allowed as ever', async () => {
    const { verifier, token, proof, receipts } = opened()
    const of = token()
    const verdict = await verifier.verify(seen('/orders/1', ['authorization', `DPoP ${of}`, 'dpop', proof(of)]))
    expect([verdict.verdict, receipts[0]?.decision, receipts[0]?.observed]).toEqual(['allow', 'allow', undefined])
  })

  test('the receipt names the client of a genuine token, since that is who would be refused', async () => {
    const { verifier, token, receipts } = opened()
    const of = token()
    const forged = `${of.slice(0, of.lastIndexOf('.') + 1)}${'A'.repeat(86)}`
    await verifier.ready()
    for (const [scheme, value] of [
      ['Bearer', of],
      ['Bearer', token({ cnf: undefined })],
      ['DPoP', of],
      ['Bearer', forged],
      ['Bearer', token({ iss: 'https://elsewhere.test' })],
    ]) {
      await verifier.verify(seen('/orders/1', ['authorization', `${scheme} ${value}`]))
    }
    expect(receipts.map(({ code, client }) => [code, client])).toEqual([
      ['token.scheme', 'shop'],
      ['token.unbound', 'shop'],
      ['proof.missing', 'shop'],
      ['token.scheme', undefined],
      ['token.issuer', undefined],
    ])
  })

  test('faults of the verifier are no reason to refuse either', async () => {
    const { verifier, token, proof, documents } = opened()
    documents.clear()
    const of = token()
    expect(await verifier.verify(seen('/orders/1', ['authorization', `DPoP ${of}`, 'dpop', proof(of)]))).toMatchObject({ fault: 'verifier', observed: true })
  })

  test('the end is the first second that is enforced', async () => {
    const { verifier, time } = opened()
    time.now = START + 99
    expect(await verifier.verify(seen('/orders/1'))).toMatchObject({ observed: true })
    time.now = START + 100
    expect(await verifier.verify(seen('/orders/1'))).not.toHaveProperty('observed')
  })

  test('a hop that passes requests on refuses all the same, and records no observation', async () => {
    const { verifier, receipts } = opened([OBSERVED], false)
    expect(await verifier.verify(seen('/orders/1'))).not.toHaveProperty('observed')
    expect(receipts[0]).not.toHaveProperty('observed')
  })
})

describe('nothing else is let through', () => {
  const ALL: SliceRoute = { ...OBSERVED, pattern: '/**' }
  const REFUSED: readonly (readonly [what: string, routes: readonly SliceRoute[], target: string, fields: readonly string[]])[] = [
    ['a route beside it', [OBSERVED, ADMIN], '/admin/1', []],
    ['a path of no route', [OBSERVED], '/other', []],
    ['a target that two hops could read differently', [OBSERVED], '/orders/../admin', []],
    ['an absolute target', [OBSERVED], 'https://api.test/orders/1', []],
    ['an earlier route that is enforced', [ADMIN, ALL], '/admin/1', []],
    ['an odd spelling of it', [ADMIN, ALL], '/Admin/1', []],
    ['an odd spelling of it that is refused for something else first', [ADMIN, ALL], '/Admin/1', ['early-data', '1']],
    ['a spelling that ends where the query may begin', [{ ...ADMIN, pattern: '/admin' }, ALL], '/admin;/1', []],
    ['the same, of a route behind it', [{ ...OBSERVED, pattern: '/orders/*/notes' }, ROUTE], '/orders/1;/notes', []],
    ['the same, of a path of no route', [{ ...OBSERVED, pattern: '/orders/*/notes' }], '/orders/1;/notes', []],
    ['a segment that is two where its slash is unescaped', [{ ...OBSERVED, pattern: '/orders/*' }, ROUTE], '/orders/1%2Fnotes', []],
    ['a letter that is one of ASCII in the other case', [{ ...ADMIN, pattern: '/keys' }, ALL], '/%E2%84%AAey%C5%BF', []],
    ['the same with a trailer', [ADMIN, ALL], '/admin;x/1', ['trailer', 'dpop']],
  ]
  test.each(REFUSED)('%s', async (_, routes, target, fields) => {
    const { verifier, receipts } = opened(routes)
    const verdict = await verifier.verify(seen(target, fields))
    expect(verdict.verdict).toBe('deny')
    expect([verdict, receipts[0]]).not.toContainEqual(expect.objectContaining({ observed: true }))
  })

  test('while the wider route itself lets its own pass', async () => {
    expect(await opened([ADMIN, ALL]).verifier.verify(seen('/stock'))).toMatchObject({ observed: true })
  })
})
