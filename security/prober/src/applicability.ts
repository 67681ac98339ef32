import type { Chain } from '@everyhop/chain'
import type { Attack, Need } from './attack.js'
import { covers, type Class } from './consent.js'
import type { Runner } from './runner-file.js'
import type { Session } from './session.js'

/** Why an attack does not apply here; undefined where it does. */
export function whyNot(
  attack: Attack,
  chain: Chain,
  runner: Runner,
  session: Session,
  permitted: Class,
): { readonly outcome: 'not-applicable' | 'not-run'; readonly reason: string } | undefined {
  if (!covers(permitted, attack.prod)) return { outcome: 'not-run', reason: `it is of class ${attack.prod}, and ${permitted} is the most that may run here` }
  for (const need of attack.needs) {
    const { has, lacks } = NEEDS[need]
    if (!has({ chain, runner, session })) return { outcome: 'not-applicable', reason: lacks }
  }
  return undefined
}

type Facts = { readonly chain: Chain; readonly runner: Runner; readonly session: Session }

const applicationOf = ({ chain, session }: Facts) => chain.hops.get(session.way.application)
const waiverOf = ({ chain }: Facts) => [...chain.clients.values()].flatMap(({ waiver }) => (waiver === undefined ? [] : [chain.waivers.get(waiver)]))[0]
const isInForce = (facts: Facts): boolean => {
  const waiver = waiverOf(facts)
  const now = Date.now() / 1000
  return waiver !== undefined && waiver.start <= now && now < waiver.end
}

/** What must be there for an attack to apply, and how it is said where it is not. */
export const NEEDS: Readonly<Record<Need, { readonly has: (facts: Facts) => boolean; readonly lacks: string }>> = {
  dpop: { has: ({ session }) => session.victim.dpopKey !== undefined, lacks: 'the canary client proves no key' },
  mtls: {
    has: ({ session }) => session.victim.certificate !== undefined && session.victim.dpopKey === undefined,
    lacks: 'the canary client has no certificate-bound tokens',
  },
  edge: { has: ({ session }) => session.way.path.length > 0, lacks: 'no hop stands before the application' },
  'direct-ingress': {
    has: (facts) => applicationOf(facts)?.ingress !== undefined && facts.session.way.path.length > 0,
    lacks: 'the manifest names no ingress of the application behind its hops',
  },
  attested: { has: ({ session }) => session.way.route.mode === 'attested', lacks: 'the route is not attested' },
  'hop-credential': {
    has: ({ runner, session: { way } }) => way.path.length > 0 && way.path.every((hop) => runner.hops.has(hop)),
    lacks: 'the runner file holds no test credentials of the hops before the application',
  },
  'two-hops': { has: ({ session }) => session.way.path.length > 1, lacks: 'fewer than two hops stand before the application' },
  rebound: { has: ({ session }) => session.kit().exchanger !== undefined, lacks: 'no hop on the way exchanges tokens' },
  exchange: {
    has: ({ session }) => session.kit().exchanger?.key !== undefined,
    lacks: 'no hop on the way exchanges tokens, or the runner file holds no test credential of it',
  },
  covered: { has: ({ session }) => session.way.route.body === 'covered', lacks: 'the route does not cover the content' },
  'kept-proof': {
    has: ({ chain, session: { way } }) => !way.path.some((hop) => chain.hops.get(hop)?.forward === 'rebound'),
    lacks: "a hop on the way exchanges the client's token for its own",
  },
  'victim-certificate': { has: ({ session }) => session.kit().victimCertificate !== undefined, lacks: 'the runner file has no certificate of a victim' },
  'replay-authority': {
    has: ({ chain, session }) => [...session.way.path, session.way.application].some((hop) => chain.hops.get(hop)?.replayAuthority),
    lacks: 'no hop of the way is a replay authority',
  },
  revocation: {
    has: ({ session, chain }) => session.hasRevocation && chain.issuer.revocations !== undefined,
    lacks: 'the issuer offers no revocation that hops can learn of',
  },
  'bearer-client': { has: (facts) => facts.session.bearer !== undefined && isInForce(facts), lacks: 'no client of the runner file has a waiver in force' },
  'bearer-token': {
    has: (facts) => facts.session.bearer !== undefined && (isInForce(facts) || facts.session.bearer.token !== undefined),
    lacks: 'no client of the runner file has a waiver in force, or a token from before its end',
  },
  'expired-waiver': {
    has: (facts) => facts.session.bearer !== undefined && !isInForce(facts),
    lacks: 'no client of the runner file has a waiver that is over',
  },
  'unwaived-route': { has: ({ chain }) => chain.routes.length > 1, lacks: 'there is no other route' },
  nonce: { has: ({ chain }) => chain.policy.nonce === 'required', lacks: 'the policy asks for no nonces' },
  witness: { has: ({ runner, session }) => runner.witnesses.has(session.way.application), lacks: 'there is no witness at the application' },
  'second-client': {
    has: ({ session }) => session.thief.clientId !== session.victim.clientId,
    lacks: 'victim and thief are one client: probe.clients needs a second one',
  },
  issuer: { has: ({ session }) => session.victim.handedIn === undefined, lacks: 'tokens are handed in: nothing is asked of the issuer' },
}
