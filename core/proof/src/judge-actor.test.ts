import { expect, test } from 'vitest'
import { explain } from './explain.js'
import { attestedBy, ATTESTED, honest, ISSUER_KEYS, JKT, KEYS, POLICY, proofWith, ROUTE, tokenWith, verdictOf, withFields } from './honest.testkit.js'
import { judge } from './judge.js'
import type { Policy } from './policy.js'
import { thumbprintOf } from './proof-key.js'
import { sha256 } from './thumbprint.js'

/** Behind `mesh`, which rebinds: the key of the proof is its own. */
const hops = new Map([
  ['edge', { hop: 'edge', keys: new Map([[thumbprintOf(KEYS.edge.publicKey), KEYS.edge.publicKey]]) }],
  ['mesh', { hop: 'mesh', keys: new Map([[JKT, KEYS.owner.publicKey]]) }],
])
const REBOUND: Policy = { ...POLICY, routes: [{ ...ROUTE, actors: new Set(['mesh']) }], hops }

const acting = (act: unknown) => {
  const token = tokenWith({ act })
  return honest({ authorization: [`DPoP ${token}`], dpop: [proofWith({ ath: sha256(token) })] })
}
const nested = (depth: number): object => ({ sub: 'mesh', ...(depth === 0 ? {} : { act: nested(depth - 1) }) })

test('the hops that exchanged are the path, from the client inwards', () => {
  expect(judge(acting({ sub: 'mesh', act: { sub: 'edge' } }), REBOUND, ISSUER_KEYS)).toMatchObject({ verdict: 'pending', proven: { path: ['edge', 'mesh'] } })
  expect(judge(acting({ sub: 'mesh' }), REBOUND, ISSUER_KEYS)).toMatchObject({ verdict: 'pending', proven: { path: ['mesh'] } })
})

for (const [what, act] of [
  ['nobody', undefined],
  ['another hop', { sub: 'edge' }],
  ['the right hop as an actor before', { sub: 'edge', act: { sub: 'mesh' } }],
  ['a hop that is no text', { sub: ['mesh'] }],
  ['an actor before that is none', { sub: 'mesh', act: 'edge' }],
  ['nothing', null],
  ['too many', nested(8)],
] as const) {
  test(`refused: exchanged by ${what}`, () => {
    expect(verdictOf(acting(act), REBOUND)).toBe('token.actor')
    expect(explain(acting(act), REBOUND, ISSUER_KEYS)).toContain('token.actor')
  })
}

test('refused: the token is bound to another key than a registered one of that hop', () => {
  const others = new Map(hops).set('mesh', { hop: 'mesh', keys: new Map([[thumbprintOf(KEYS.mesh.publicKey), KEYS.mesh.publicKey]]) })
  expect(verdictOf(acting({ sub: 'mesh' }), { ...REBOUND, hops: others })).toBe('token.actor')
  expect(verdictOf(acting({ sub: 'mesh' }), { ...REBOUND, hops: new Map() })).toBe('token.actor')
})

test('where no hop rebinds, act says nothing of the path', () => {
  expect(judge(acting({ sub: 'agent' }), POLICY, ISSUER_KEYS)).toMatchObject({ verdict: 'pending', proven: { path: [] } })
})

test('a hop that attests behind one that rebinds comes after it', () => {
  const request = acting({ sub: 'mesh' })
  const policy = {
    ...ATTESTED,
    hops: new Map([...ATTESTED.hops, ['mesh', hops.get('mesh')!]]),
    routes: [{ ...ATTESTED.routes[0]!, actors: new Set(['mesh']) }],
  }
  expect(judge(withFields(request, attestedBy('edge', request)), policy, ISSUER_KEYS)).toMatchObject({ verdict: 'pending', proven: { path: ['mesh', 'edge'] } })
})
