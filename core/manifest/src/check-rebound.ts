import { pathsOf, type Chain, type Hop, type Route } from '@everyhop/chain'
import type { Context } from './context.js'
import type { Path } from './tree.js'

/** What an exchange of tokens on the way asks of the rest of the chain: each thing that would refuse honest requests, or prove less than it seems. */
export function checkRebound(context: Context, chain: Chain): void {
  const rebinders = [...chain.hops.values()].filter(({ forward }) => forward === 'rebound')
  for (const hop of rebinders) checkHop(context, chain, hop)
  checkNonces(context, chain)
  for (const [index, route] of chain.routes.entries()) {
    const hop = rebinders.find(({ id }) => route.via.some((via) => via.includes(id)))
    if (hop !== undefined) checkRoute(context, chain, { route, hop, path: ['routes', index] })
  }
}

function checkHop(context: Context, { clients, policy }: Chain, { id, keys }: Hop): void {
  const path: Path = ['hops', id]
  if ([...clients.values()].some(({ clientId }) => clientId === id))
    context.reportKey(path, 'rebound.client', `\`${id}\` is a client too, and a hop that rebinds is one at the issuer under its own name`, 'rename one of them')
  const alg = keys.some(({ kty }) => kty === 'OKP') && !policy.proofAlgs.includes('EdDSA') ? 'EdDSA' : undefined
  const weak = keys.some(({ kty }) => kty === 'EC') && !policy.proofAlgs.includes('ES256') ? 'ES256' : alg
  if (weak !== undefined)
    context.report(
      [...path, 'keys'],
      'rebound.alg',
      `the proofs of \`${id}\` would be ${weak}, which the policy does not accept`,
      `add ${weak} to \`policy.proofAlg\``,
    )
}

/** Nonces are for clients: where both come, the hop that rebinds would be refused for having none. */
function checkNonces(context: Context, { policy, routes, hops }: Chain): void {
  if (policy.nonce !== 'required') return
  const isBehindOne = (path: readonly string[], id: string) => path.slice(0, path.indexOf(id)).some((before) => hops.get(before)?.forward === 'rebound')
  for (const { id } of [...hops.values()].filter(({ innerBase }) => innerBase !== undefined)) {
    const isMixed = routes.flatMap(pathsOf).some((path) => path.includes(id) && !isBehindOne(path, id))
    if (isMixed)
      context.reportKey(
        ['hops', id],
        'rebound.nonce',
        `clients get nonces at \`${id}\`, and a hop that rebinds, which comes there too, does not ask for them`,
        'let all routes of it come over hops that rebind, or say `nonce: off`',
      )
  }
}

type On = { readonly route: Route; readonly hop: Hop; readonly path: Path }

function checkRoute(context: Context, { hops, clients }: Chain, { route, hop, path }: On): void {
  const via: Path = [...path, 'via']
  for (const before of route.via) {
    const last = before.findLastIndex((id) => hops.get(id)?.forward === 'rebound')
    const lost = before.slice(0, Math.max(last, 0)).find((id) => hops.get(id)?.forward !== 'rebound')
    if (lost !== undefined)
      context.report(via, 'rebound.lost', `behind \`${before[last]!}\` nobody would know that the request came over \`${lost}\``, `let \`${lost}\` rebind too`)
    const rewriter = before.find((id) => hops.get(id)?.rewrite !== undefined)
    if (rewriter !== undefined)
      context.report(
        via,
        'rebound.rewrite',
        `\`${rewriter}\` rewrites the path, which the proofs of \`${hop.id}\` name`,
        'let the path stay, or let the hops attest',
      )
    if (last >= 0 && route.via.some((other) => other.every((id) => hops.get(id)?.forward !== 'rebound')))
      context.report(via, 'rebound.mixed', `requests come over \`${hop.id}\`, which rebinds, and over none that does`, 'make one route for each way')
  }
  if (route.anyClient) context.report([...path, 'clients'], 'rebound.any', 'tokens are exchanged for declared clients only', 'name the clients of the route')
  for (const id of route.clients) {
    const client = clients.get(id)
    if (client?.waiver !== undefined)
      context.report(
        [...path, 'clients'],
        'rebound.bearer',
        `\`${id}\` may use bearer tokens, of which an exchange would make bound ones`,
        'bind it, or let the hops attest',
      )
    if (client?.issuer !== undefined)
      context.report(
        [...path, 'clients'],
        'rebound.issuer',
        `\`${id}\` has tokens of \`${client.issuer}\`; they are exchanged at the chain’s own issuer`,
        'register it there',
      )
  }
}
