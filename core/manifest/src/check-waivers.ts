import { BEARER_CONTROL, type Chain, type Client, type Waiver } from '@everyhop/chain'
import { responsibilities, waiverProblems } from '@everyhop/controls'
import type { Context } from './context.js'
import type { Path } from './tree.js'

/** Waivers that do not stand, and uses that they do not allow. An expired one is no mistake of the file: what it allowed is refused, that is all. */
export function checkWaivers(context: Context, chain: Chain): void {
  const patterns = chain.routes.map(({ pattern }) => pattern)
  const audiences = new Set(chain.routes.flatMap(({ audience }) => audience))
  for (const waiver of chain.waivers.values()) {
    const path: Path = ['waivers', waiver.id]
    const isTeamUnknown = waiver.approvers.some(({ team }) => !chain.teams.has(team))
    for (const { code, field, message, hint } of waiverProblems(waiver, chain)) {
      // Which team the approver is of was asked for already.
      if (code === 'waiver.inside' && isTeamUnknown) continue
      const where = field === '' ? path : [...path, ...field.split('/')]
      context.report(where, code, `${waiver.id}: ${message}`, hint)
    }
    if (context.lacks(['routes'])) continue
    waiver.routes.forEach((route, index) => {
      if (!patterns.includes(route))
        context.report([...path, 'routes', index], 'waiver.route', `${waiver.id}: no route is declared as ${route}`, `routes: ${patterns.join(', ')}`)
    })
    waiver.audiences.forEach((audience, index) => {
      if (!audiences.has(audience))
        context.report(
          [...path, 'audiences', index],
          'waiver.audience',
          `${waiver.id}: no route has the audience ${audience}`,
          `audiences: ${[...audiences].join(', ')}`,
        )
    })
  }
  checkClients(context, chain)
  checkHops(context, chain)
}

function checkClients(context: Context, chain: Chain): void {
  for (const client of chain.clients.values()) {
    const waiver = chain.waivers.get(client.waiver ?? '')
    if (waiver === undefined) continue
    const path = ['clients', client.id, 'waiver']
    if (waiver.control !== BEARER_CONTROL)
      context.report(path, 'waiver.other-control', `${waiver.id} waives ${waiver.control}; bearer tokens need one of ${BEARER_CONTROL}`, 'name another waiver')
    else if (!waiver.clients.includes(client.id))
      context.report(
        path,
        'waiver.other-client',
        `${waiver.id} does not name \`${client.id}\``,
        `add it to its clients, where ${waiver.clients.join(', ')} stand`,
      )
    checkNetworks(context, chain, client, waiver)
  }
}

/** Only where clients arrive is their address seen, and only an attestation tells the hops behind. */
function checkNetworks(context: Context, chain: Chain, client: Client, waiver: Waiver): void {
  if (waiver.compensating.networks.length === 0) return
  const before = chain.routes.filter(({ clients }) => clients.includes(client.id)).flatMap(({ via }) => via.flat())
  const silent = before.find((hop) => chain.hops.get(hop)?.forward === 'passthrough')
  if (silent === undefined) return
  context.report(
    ['waivers', waiver.id, 'compensating', 'networks'],
    'waiver.unseen-network',
    `${waiver.id}: behind \`${silent}\` (passthrough) nobody can tell from which network \`${client.id}\` comes`,
    `let \`${silent}\` forward \`attested\``,
  )
}

function checkHops(context: Context, chain: Chain): void {
  for (const hop of chain.hops.values()) {
    const waiver = chain.waivers.get(hop.waiver ?? '')
    if (waiver === undefined || hop.forward !== 'gateway-only') continue
    const path = ['hops', hop.id, 'waiver']
    if (waiver.control !== 'POP-PL-02')
      context.report(path, 'waiver.other-control', `${waiver.id} waives ${waiver.control}; a gateway-only hop needs one of POP-PL-02`, 'name another waiver')
    for (const route of chain.routes.filter(({ via }) => via.some((before) => before.includes(hop.id)))) {
      const inScope = waiver.routes.includes(route.pattern) || route.audience.some((audience) => waiver.audiences.includes(audience))
      if (!inScope)
        context.report(path, 'waiver.scope', `${waiver.id} does not cover ${route.pattern}, which goes through \`${hop.id}\``, 'add the route to the waiver')
    }
  }
}

/** Gaps and ties, each naming the control, the place and the teams. */
export function checkResponsibilities(context: Context, chain: Chain): void {
  for (const { kind, place, message, hint, at } of responsibilities(chain).problems) {
    const path: Path = place === 'chain' ? ['teams'] : place === 'network' ? ['hops'] : ['hops', place]
    const before = context.problems.length
    context.reportKey(path, `owner.${kind}`, message, hint)
    const last = context.problems[before]
    if (last !== undefined && at !== undefined) context.problems[before] = { ...last, ...at }
  }
}
