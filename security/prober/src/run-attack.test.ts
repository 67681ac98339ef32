import { expect, test } from 'vitest'
import { attack, type Answer, type Exchange, type ForgeAttack } from './attack.js'
import { runAttack } from './run-attack.js'
import { HONEST, sampleChain, sighting, wayOver } from './sample.testkit.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'

const LET_IN: Answer = { status: 200, fields: [], accepted: true, who: 'canary-a:key' }
const refusal = (more: Partial<Answer> = {}): Answer => ({ status: 401, fields: [], accepted: false, code: 'proof.missing', hop: 'orders', ...more })

const noProof = attack({
  kind: 'forge',
  id: 'KEY-01',
  title: 'A stolen token works',
  control: 'POP-AP-04',
  layer: 'application',
  spec: [],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['proof.missing'],
  forge: (honest) => [{ ...honest, dpop: [] }],
})
const twice: ForgeAttack = {
  ...noProof,
  refusedAs: ['proof.replayed'],
  forge: (honest) => [
    { ...honest, dpop: [] },
    { ...honest, dpop: [] },
  ],
}
const forged: ForgeAttack = {
  ...noProof,
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['x-user'],
  forge: (honest) => [{ ...honest, dpop: [], fields: [['X-User', 'root']] }],
}
const spelled: ForgeAttack = { ...noProof, expect: 'accepted', refusedAs: [] }
const copies: ForgeAttack = { ...noProof, expect: 'once', refusedAs: [], forge: (honest) => [1, 2, 3].map(() => ({ ...honest, dpop: [] })) }

/** Honest requests carry a proof and are let in, unless told; the others get these answers, one after the other. */
function outcomeOf(
  one: ForgeAttack,
  hostile: readonly Answer[],
  options: { readonly honest?: (n: number) => Answer; readonly arrives?: readonly string[] } = {},
) {
  let sent = 0
  let honest = 0
  const chain = sampleChain()
  const session = { way: wayOver(chain, ['edge']), honest: () => HONEST, renew: async () => undefined, kit: () => ({}) } as unknown as Session
  const transport = {
    send: async ({ dpop }: Exchange) => (dpop.length > 0 ? (options.honest ?? (() => LET_IN))(honest++) : hostile[sent++]!),
    seen: async () => (options.arrives ? { ...sighting(), intact: (name: string) => options.arrives!.includes(name) } : undefined),
  } as unknown as Transport
  return runAttack(one, session, transport)
}

for (const [title, one, hostile, expected, options] of [
  ['let in', noProof, [LET_IN], 'breached'],
  ['refused for the right reason between two acceptances', noProof, [refusal()], 'held'],
  ['refused for another reason', noProof, [refusal({ code: 'replay.unavailable' })], 'masked'],
  ['stopped by a firewall', noProof, [{ status: 403, fields: [], accepted: false }], 'masked'],
  ['stopped by a rate limit', noProof, [{ status: 429, fields: [], accepted: false }], 'masked'],
  ['stopped by an outage', noProof, [{ status: 502, fields: [], accepted: false }], 'masked'],
  ['refused by an application that is not ours, with a challenge', noProof, [{ status: 401, fields: [['WWW-Authenticate', 'DPoP']], accepted: false }], 'held'],
  ['refused, as everything is before', noProof, [refusal()], 'inconclusive', { honest: () => refusal() }],
  ['refused, as everything is afterwards', noProof, [refusal()], 'inconclusive', { honest: (n: number) => (n === 0 ? LET_IN : refusal()) }],
  ['a replay refused, and the first use as well', twice, [refusal({ code: 'token.expired' }), refusal({ code: 'proof.replayed' })], 'inconclusive'],
  ['a replay refused after a first use', twice, [LET_IN, refusal({ code: 'proof.replayed' })], 'held'],
  ['a forged identity that becomes the caller', forged, [{ ...LET_IN, who: 'root' }], 'breached'],
  ['a forged identity that changes nothing', forged, [LET_IN], 'held', { arrives: [] }],
  ['a forged identity that changes nothing, and nobody saw whether it arrived', forged, [LET_IN], 'inconclusive'],
  ['a forged identity that changes nothing, yet arrives', forged, [LET_IN], 'breached', { arrives: ['x-user'] }],
  ['a forged identity that is refused, yet arrives', forged, [refusal({ code: 'path.stray' })], 'breached', { arrives: ['x-user'] }],
  ['a forged identity that meets an outage', forged, [{ status: 500, fields: [], accepted: false }], 'masked'],
  ['another spelling that is let in', spelled, [LET_IN], 'held'],
  ['another spelling that is let in as somebody else', spelled, [{ ...LET_IN, who: 'root' }], 'breached'],
  ['another spelling that is refused', spelled, [refusal()], 'breached'],
  ['another spelling that meets an outage', spelled, [{ status: 503, fields: [], accepted: false }], 'inconclusive'],
  ['one of the copies let in', copies, [refusal(), LET_IN, refusal()], 'held'],
  ['two of the copies let in', copies, [LET_IN, LET_IN, refusal()], 'breached'],
  ['none of the copies let in', copies, [refusal(), refusal(), refusal()], 'masked'],
  [
    'one of the copies let in, and the others stopped by a firewall',
    copies,
    [LET_IN, { status: 403, fields: [], accepted: false }, { status: 403, fields: [], accepted: false }],
    'masked',
  ],
  ['one of the copies let in, and another lost in an outage', copies, [LET_IN, refusal(), { status: 502, fields: [], accepted: false }], 'masked'],
] as const) {
  test(`${title}: ${expected}`, async () => {
    expect((await outcomeOf(one, hostile as readonly Answer[], options)).outcome).toBe(expected)
  })
}
