import { routePattern, type Chain } from '@everyhop/chain'
import { checkResponsibilities, checkWaivers } from './check-waivers.js'
import { compileHops, type Read } from './compile-hops.js'
import { checkNames, compileAccountable, compileClients, compileIssuers, compileTeams, compileWaivers } from './compile-parts.js'
import { checkProfile, compilePolicy } from './compile-policy.js'
import { compileRoutes } from './compile-routes.js'
import { checkConveyances } from './conveyances.js'
import type { Context } from './context.js'
import { digestOf } from './digest.js'
import { checkRebound } from './check-rebound.js'
import { settleReplayAuthorities } from './replay-authorities.js'

/** Makes the chain out of a manifest whose shape is right. What is wrong besides is reported to the context; the chain then must not be used. */
export function compileChain(context: Context, environment: string, read: Read): Chain {
  const { manifest } = context
  checkNames(context)
  const policy = compilePolicy(context)
  const clients = compileClients(context, policy)
  const written = compileHops(context, read)
  const routes = compileRoutes(context, { hops: written, clients })
  checkConveyances(context, written, routes)
  if (manifest.network !== undefined) context.knows('teams', manifest.network.owner, ['network', 'owner'])
  const chain: Omit<Chain, 'digest'> = {
    version: 1,
    name: manifest.chain,
    environment,
    production: manifest.environments?.[environment]?.production ?? environment === 'production',
    teams: compileTeams(context),
    ...compileIssuers(context),
    hops: settleReplayAuthorities(context, written, routes),
    policy,
    clients,
    routes,
    waivers: compileWaivers(context),
    accountable: compileAccountable(context),
    ...(manifest.network === undefined ? {} : { network: manifest.network.owner }),
    ...probeOf(context),
  }
  const result = { ...chain, digest: digestOf(chain) }
  checkProfile(context, result)
  checkRebound(context, result)
  checkWaivers(context, result)
  // Ownership follows from the rest: while names are unknown it would only repeat what was said.
  if (context.problems.length === 0) checkResponsibilities(context, result)
  return result
}

function probeOf(context: Context): Pick<Chain, 'probe'> {
  const { probe, routes, clients, environments } = context.manifest
  if (probe === undefined) return {}
  if (!context.lacks(['routes']) && !routes.some(({ path }) => routePattern(path)(probe.resource))) {
    context.report(['probe', 'resource'], 'probe.resource', `no route has ${probe.resource}`, `routes: ${routes.map(({ path }) => path).join(', ')}`)
  }
  probe.clients.forEach((id, index) => {
    const issuer = clients[id]?.issuer
    if (issuer !== undefined)
      context.report(
        ['probe', 'clients', index],
        'probe.issuer',
        `\`${id}\` is registered at \`${issuer}\`; the prober gets tokens from the chain’s own issuer`,
        'name a canary that is registered at `issuer`',
      )
  })
  const fallback = environments === undefined ? 'P3' : 'P1'
  const why = fallback === 'P3' ? 'not production' : 'what is safe everywhere, until an environment says more'
  return { probe: { ...probe, class: context.or(probe.class, fallback, ['probe', 'class'], why) } }
}
