import { BEARER_CONTROL, waiverCovers, waiverInForce, type BindingMechanism, type Chain, type Client, type Waiver } from '@everyhop/chain'

export type Ask = {
  readonly client: Client
  readonly audience: string
  /** What the token will be bound by. */
  readonly bound: readonly BindingMechanism[]
  /** Epoch seconds. */
  readonly now: number
}

/** Lifetime in seconds, at most; the waiver where the token is not bound as the policy asks. */
export type Permit = { readonly permitted: true; readonly lifetime: number; readonly waiver?: string }
export type Denial = { readonly permitted: false; readonly error: 'invalid_dpop_proof' | 'unauthorized_client'; readonly description: string }

/** Whether a token may be issued, for how long, and by whose leave. Pure; the one place where that is decided. */
export function permit(chain: Chain, ask: Ask): Permit | Denial {
  const { client, bound } = ask
  const isBound = client.binding.length > 0 ? client.binding.every((mechanism) => bound.includes(mechanism)) : bound.length > 0
  if (isBound) return { permitted: true, lifetime: chain.policy.tokenLifetime }
  const waiver = client.waiver === undefined ? undefined : chain.waivers.get(client.waiver)
  if (waiver === undefined) {
    const needed = client.binding.length > 0 ? client.binding.join(' and ') : chain.policy.binding.join(' or ')
    return { permitted: false, error: 'invalid_dpop_proof', description: `tokens of this client are bound by ${needed}: present that proof` }
  }
  return underWaiver(chain, waiver, ask)
}

function underWaiver(chain: Chain, waiver: Waiver, { client, audience, now }: Ask): Permit | Denial {
  const refuse = (why: string): Denial => ({ permitted: false, error: 'unauthorized_client', description: `waiver ${waiver.id} ${why}` })
  const { tokenLifetime, allowlist } = waiver.compensating
  if (waiver.control !== BEARER_CONTROL) return refuse('is not for unbound tokens')
  if (!waiverInForce(waiver, now)) return refuse('is not in force: present a proof of possession')
  const covers = routesFor(chain, client, audience).some(({ pattern }) => waiverCovers(waiver, { client: client.id, route: pattern, audiences: [audience] }))
  if (!covers) return refuse('does not cover this client and resource')
  if (!allowlist.includes(client.id)) return refuse('does not list this client')
  // Never past the waiver's own end, so that no token outlives the leave to use it.
  const lifetime = Math.floor(Math.min(tokenLifetime ?? 0, chain.policy.tokenLifetime, waiver.end - now))
  return lifetime >= 1 ? { permitted: true, lifetime, waiver: waiver.id } : refuse('leaves no lifetime for a token')
}

/** The client's routes that declare the audience. */
export const routesFor = (chain: Chain, client: Client, audience: string): readonly Chain['routes'][number][] =>
  chain.routes.filter((route) => route.clients.includes(client.id) && route.audience.includes(audience))

/** The audiences that a client may ask for. */
export const audiencesFor = (chain: Chain, client: Client): ReadonlySet<string> =>
  new Set(chain.routes.filter((route) => route.clients.includes(client.id)).flatMap((route) => route.audience))
