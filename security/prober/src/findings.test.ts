import type { Hop } from '@everyhop/chain'
import { expect, test } from 'vitest'
import { findingOf } from './findings.js'
import { sampleChain } from './sample.testkit.js'

for (const [what, edge, says] of [
  ['with a decision service', { forward: 'attested' }, 'whether its decision service runs'],
  ['of anybody else', { forward: 'passthrough' }, 'hands on Authorization and DPoP as they came'],
] satisfies readonly (readonly [string, Partial<Hop>, string])[]) {
  test(`where honest requests are refused at a gateway ${what}, that is what is to be looked at`, () => {
    const chain = sampleChain(edge)
    const attribution = { hop: 'edge', layer: 'platform', owner: chain.teams.get('edge')!, control: 'POP-PL-02', coFaults: [], evidence: [] } as const
    const { remedy } = findingOf(chain, { id: 'BASE-01', title: 't' }, 'inconclusive', attribution, { route: '/**', command: 'probe' })
    expect(remedy).toContain(says)
  })
}
