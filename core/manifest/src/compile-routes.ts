import { routePattern, type Client, type ForwardMode, type Hop, type Route } from '@everyhop/chain'
import { instant } from './compile-parts.js'
import type { Context } from './context.js'
import type { Manifest } from './schema.js'
import type { Path } from './tree.js'

type Written = Manifest['routes'][number]
type Known = { readonly hops: ReadonlyMap<string, Hop>; readonly clients: ReadonlyMap<string, Client> }

export function compileRoutes(context: Context, known: Known): readonly Route[] {
  const seen = new Map<string, number>()
  return context.manifest.routes.map((written, index) => {
    const path: Path = ['routes', index]
    if (seen.has(written.path))
      context.report([...path, 'path'], 'route.twice', `${written.path} is declared twice`, 'put its clients and paths into one route')
    seen.set(written.path, index)
    return compileRoute(context, written, { ...known, path })
  })
}

function compileRoute(context: Context, written: Written, { hops, clients, path }: Known & { readonly path: Path }): Route {
  const via = context.or(written.via, [[]], [...path, 'via'], 'clients call the application directly')
  const known = checkReferences(context, written, via, path)
  const mode = known ? modeOf(context, written, via, hops, path) : 'direct'
  const level = context.or(written.level, 'AL2', [...path, 'level'], 'the strongest that can be checked')
  const audience = typeof written.audience === 'string' ? [written.audience] : written.audience
  const bases = [...new Set(via.flatMap(([first = written.at]) => hops.get(first)?.bases ?? []))]
  const route: Route = {
    pattern: written.path,
    application: written.at,
    via,
    ...usersOf(context, written, clients, path),
    level,
    audience: context.or(audience, bases, [...path, 'audience'], 'the bases that it is called under'),
    body: context.or(written.body, 'uncovered', [...path, 'body'], 'a proof says nothing about the content'),
    mode,
    ...observation(context, written, path),
    at: context.at(path),
  }
  if (known && route.body === 'covered' && mode !== 'attested')
    context.report(
      [...path, 'body'],
      'route.body',
      'only a hop that attests covers the content',
      'let it `forward: attested`, or say `body: uncovered`: the risk then stands in the open',
    )
  if (known && route.body === 'covered' && hops.get(written.at)?.kind === 'application')
    context.report(
      [...path, 'body'],
      'route.body-unread',
      `\`${written.at}\` reads no slice, so nobody would compare the content with its digest`,
      'declare `kind: guard` and let the guard run there, or say `body: uncovered`',
    )
  if (known) checkLevel(context, route, { hops, clients, path })
  return route
}

/** Those that the route names, and the canaries where it has their resource. */
function usersOf(context: Context, written: Written, clients: ReadonlyMap<string, Client>, path: Path): Pick<Route, 'clients' | 'anyClient'> {
  const { probe, issuers = {} } = context.manifest
  if (written.clients === 'any') {
    if (Object.keys(issuers).length > 0)
      context.report(
        [...path, 'clients'],
        'route.any-issuer',
        'with several issuers `any` would let each speak for the clients of the others',
        'name the clients',
      )
    return { clients: [...clients.keys()], anyClient: true }
  }
  const named = new Set(written.clients)
  const canaries = routePattern(written.path)(probe?.resource ?? '') ? (probe?.clients ?? []) : []
  return { clients: [...named, ...canaries.filter((id) => !named.has(id))] }
}

const MAX_OBSERVED_DAYS = 90

/** An end that has passed is no mistake: from then on the route enforces again. One too far ahead would make of the roll-out a state. */
function observation(context: Context, { observe, at }: Written, path: Path): Pick<Route, 'observeUntil'> {
  if (observe === undefined) return {}
  const here: Path = [...path, 'observe', 'until']
  const observeUntil = instant(context, observe.until, here, 'observe.date')
  const days = Math.ceil((observeUntil - context.now) / 86_400)
  if (days > MAX_OBSERVED_DAYS) {
    context.report(
      here,
      'observe.length',
      `the route would be observed for ${days} days more; at most ${MAX_OBSERVED_DAYS} are allowed`,
      'end it earlier; while it lasts the application refuses nothing on the route, and nothing is proven of it',
    )
  }
  if (context.manifest.hops[at]?.kind === 'application')
    context.reportKey(
      [...path, 'observe'],
      'observe.nobody',
      `\`${at}\` reads no slice, so nobody there would observe`,
      'remove `observe`, or declare `kind: guard` once the guard runs',
    )
  return { observeUntil }
}

const namedIn = ({ clients }: Written): readonly string[] => (clients === 'any' ? [] : clients)

function checkReferences(context: Context, written: Written, via: readonly (readonly string[])[], path: Path): boolean {
  const { hops: declared, probe } = context.manifest
  const areKnown = [
    ...namedIn(written).map((client, index) => probe?.clients.includes(client) === true || context.knows('clients', client, [...path, 'clients', index])),
    context.knows('hops', written.at, [...path, 'at']),
    ...via.flatMap((hops, index) => hops.map((hop, place) => context.knows('hops', hop, [...path, 'via', index, place]))),
  ].every(Boolean)
  const before = context.problems.length
  if (declared[written.at]?.forward !== undefined) {
    context.report([...path, 'at'], 'route.forwarder', `\`${written.at}\` forwards, so it does not answer`, 'name the application here, and this hop in `via`')
  }
  via.forEach((hops, index) =>
    hops.forEach((hop, place) => {
      const here = [...path, 'via', index, place]
      if (declared[hop] === undefined) return
      if (hops.indexOf(hop) !== place || hop === written.at) context.report(here, 'route.loop', `\`${hop}\` stands on this path twice`, 'name each hop once')
      else if (declared[hop].forward === undefined) {
        context.report(here, 'route.not-forwarding', `\`${hop}\` does not say how it forwards`, `add \`forward: attested\` (or passthrough) to \`${hop}\``)
      }
    }),
  )
  return areKnown && context.problems.length === before
}

/** How each hop of the route is reached and which comes next must be one and the same on all its paths: both are pinned. */
function modeOf(context: Context, written: Written, via: readonly (readonly string[])[], hops: ReadonlyMap<string, Hop>, path: Path): 'direct' | ForwardMode {
  const arrivals = new Map<string, string>()
  const followers = new Map<string, string>()
  for (const hop of via.flatMap((before) => steps([...before, written.at], hops))) {
    const mode = arrivals.get(hop.id) ?? hop.mode
    if (mode !== hop.mode)
      context.report([...path, 'via'], 'route.mixed', `requests reach \`${hop.id}\` as ${mode} and as ${hop.mode} on one route`, 'make one route for each way')
    arrivals.set(hop.id, mode)
    const next = followers.get(hop.id) ?? hop.next
    if (next !== hop.next)
      context.report([...path, 'via'], 'route.fork', `\`${hop.id}\` has two next hops on one route: ${next} and ${hop.next}`, 'make one route for each way')
    followers.set(hop.id, next)
  }
  for (const before of via) {
    const rewriting = before.filter((id) => hops.get(id)?.rewrite !== undefined)
    for (const id of rewriting) {
      const { from = '' } = hops.get(id)?.rewrite ?? {}
      if (!mayLieUnder(written.path, from))
        context.report(
          [...path, 'path'],
          'route.rewritten',
          `\`${id}\` passes on what lies under ${from} only, and nothing of ${written.path} does`,
          'let this route go over another hop, or change `rewrite.from`',
        )
    }
    if (rewriting.length > 1) context.report([...path, 'via'], 'route.rewrites', `${rewriting.join(' and ')} both rewrite the path`, 'let one hop do it')
    const alone = before.find((id) => hops.get(id)?.forward === 'gateway-only')
    if (alone !== undefined && hops.get(written.at)?.kind === 'guard') {
      context.report(
        [...path, 'at'],
        'route.blind-guard',
        `behind \`${alone}\` (gateway-only) no proof arrives for a guard to check`,
        'let it forward `attested`, or declare `kind: application`',
      )
    }
  }
  return (arrivals.get(written.at) ?? 'direct') as 'direct' | ForwardMode
}

const steps = (path: readonly string[], hops: ReadonlyMap<string, Hop>) =>
  path.map((id, index) => ({ id, mode: index === 0 ? 'direct' : (hops.get(path[index - 1] ?? '')?.forward ?? 'direct'), next: path[index + 1] ?? '' }))

/** Whether some path that the pattern takes is the prefix or lies under it. */
function mayLieUnder(pattern: string, prefix: string): boolean {
  const parts = pattern.split('/').slice(1)
  for (const [index, segment] of prefix.split('/').slice(1).entries()) {
    const part = parts[index]
    if (part === '**') return true
    if (part !== '*' && part !== segment) return false
  }
  return true
}

function checkLevel(context: Context, route: Route, { hops, clients, path }: Known & { readonly path: Path }): void {
  const here = context.manifest.routes[Number(path[1])]?.level === undefined ? path : [...path, 'level']
  if (route.level === 'AL0') {
    const bound = route.clients.filter((id) => clients.get(id)?.waiver === undefined)
    if (bound.length > 0 || route.anyClient)
      context.report(
        here,
        'level.unwaived',
        route.anyClient
          ? 'AL0 is for clients under a waiver; not any client is'
          : `AL0 is for clients under a waiver; ${bound.join(', ')} ${bound.length === 1 ? 'has' : 'have'} none`,
        'raise the level to AL1 or AL2',
      )
  }
  if (route.level !== 'AL2') return
  for (const via of route.via) {
    const modes = new Set(via.map((id) => hops.get(id)?.forward))
    if (modes.has('gateway-only'))
      context.report(
        here,
        'level.gateway-only',
        'AL2 needs the proof at the application; a gateway-only hop ends it before',
        'lower the level to AL1, or let the hop forward `attested`',
      )
    else if (modes.size > 1)
      context.report(
        here,
        'level.patchy',
        `AL2 needs the whole path attested, or the proof end to end; ${via.join(' -> ')} is ${[...modes].join(' and ')}`,
        'use one mode on the whole path, or lower the level to AL1',
      )
  }
}
