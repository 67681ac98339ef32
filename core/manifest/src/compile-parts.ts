import type { AccountableOverride, BindingPolicy, Chain, Client, ControlId, Issuer, Team, Waiver } from '@everyhop/chain'
import { RESERVED_PLACES } from '@everyhop/controls'
import type { Context } from './context.js'
import type { Manifest } from './schema.js'
import type { Path } from './tree.js'
import { epoch, seconds } from './units.js'
import { checkUrl } from './urls.js'

const list = (value: string | readonly string[] | undefined): readonly string[] | undefined => (typeof value === 'string' ? [value] : value)

export const compileTeams = (context: Context): ReadonlyMap<string, Team> =>
  new Map(Object.entries(context.manifest.teams).map(([id, team]) => [id, { id, ...team, at: context.at(['teams', id]) }]))

/** The chain's own issuer, and the further ones by name. Two of one URL would each answer for the other's tokens. */
export function compileIssuers(context: Context): Pick<Chain, 'issuer' | 'issuers'> {
  const issuers = Object.entries(context.manifest.issuers ?? {})
  const issuer = compileIssuer(context, context.manifest.issuer, ['issuer'])
  const urls = new Map([[issuer.url, 'the chain’s own']])
  for (const [name, { url }] of issuers) {
    const twin = urls.get(url)
    if (twin !== undefined)
      context.report(['issuers', name, 'url'], 'issuer.twice', `this is the URL of ${twin} already`, 'declare each issuer once, and let its clients name it')
    urls.set(url, `\`${name}\``)
  }
  return { issuer, issuers: new Map(issuers.map(([name, written]) => [name, compileIssuer(context, written, ['issuers', name])])) }
}

function compileIssuer(context: Context, written: Manifest['issuer'], path: Path): Issuer {
  if (written.introspects !== undefined && written.introspection === undefined)
    context.report([...path, 'introspects'], 'issuer.introspection', 'there is nowhere to ask about these tokens', 'add `introspection: https://...`')
  const { url, owner, tokens, jwks, revocations, introspection, introspects, grantClaim } = written
  context.knows('teams', owner, [...path, 'owner'])
  if (tokens?.alg?.length === 0 && introspection === undefined) {
    context.report(
      [...path, 'tokens', 'alg'],
      'issuer.no-tokens',
      'this issuer signs no tokens and is asked about none',
      'name what it signs with, or give `introspection`',
    )
  }
  const typ = context.or(list(tokens?.typ), ['at+jwt'], [...path, 'tokens', 'typ'], 'RFC 9068')
  return {
    url: issuerUrl(context, url, path),
    owner,
    tokens: {
      algs: context.or(tokens?.alg, ['ES256'], [...path, 'tokens', 'alg'], 'an issuer that signs otherwise says so'),
      typ: typ.map((value) => value.toLowerCase().replace(/^application\//, '')),
    },
    ...(jwks === undefined ? {} : { jwksUri: checkUrl(context, jwks, [...path, 'jwks']) }),
    ...(revocations === undefined ? {} : { revocations: checkUrl(context, revocations, [...path, 'revocations']) }),
    ...(introspection === undefined ? {} : { introspection: checkUrl(context, introspection, [...path, 'introspection']) }),
    ...(introspects === undefined ? {} : { introspects }),
    ...(grantClaim === undefined ? {} : { grantClaim }),
    extraConfirmation: context.or(written.extraConfirmation, false, [...path, 'extraConfirmation'], 'a confirmation that nobody checks proves nothing'),
    at: context.at(path),
  }
}

/** Compared as a string with `iss`, so a trailing slash stays. */
function issuerUrl(context: Context, url: string, path: Path): string {
  checkUrl(context, url, [...path, 'url'])
  return url
}

/** The declared clients, and the canaries that only `probe` names. */
export function compileClients(context: Context, policy: BindingPolicy): ReadonlyMap<string, Client> {
  const { manifest } = context
  const clients = new Map<string, Client>()
  const ids = new Map<string, string>()
  for (const [id, client] of Object.entries(manifest.clients)) {
    const path = ['clients', id]
    if (client.issuer !== undefined) context.knows('issuers', client.issuer, [...path, 'issuer'])
    const registrar = manifest.issuers?.[client.issuer ?? ''] ?? manifest.issuer
    const owner = context.or(client.owner, registrar.owner, [...path, 'owner'], 'the owner of the issuer that registers it')
    context.knows('teams', owner, [...path, 'owner'])
    const clientId = client.id ?? id
    const twin = ids.get(clientId)
    if (twin !== undefined) context.report([...path, 'id'], 'client.twice', `\`${twin}\` has this client_id too`, 'give each client one entry')
    ids.set(clientId, id)
    const binding = context.or(client.binding, policy.binding, [...path, 'binding'], 'as the policy says')
    if (client.waiver !== undefined) context.knows('waivers', client.waiver, [...path, 'waiver'])
    if (binding.length === 0 && client.waiver === undefined) {
      context.report(
        [...path, 'binding'],
        'client.unbound',
        `\`${id}\` is bound to nothing and has no waiver`,
        'bind it (dpop or mtls), or name the waiver that lets it use bearer tokens',
      )
    }
    clients.set(id, {
      id,
      clientId,
      kind: client.kind,
      owner,
      binding,
      ...(client.waiver === undefined ? {} : { waiver: client.waiver }),
      ...(client.issuer === undefined ? {} : { issuer: client.issuer }),
      at: context.at(path),
    })
  }
  for (const [index, id] of (manifest.probe?.clients ?? []).entries()) {
    if (clients.has(id)) continue
    const path = ['probe', 'clients', index]
    context.or(undefined, 'service', ['clients', id, 'kind'], 'a canary, allowed on the route of its resource')
    clients.set(id, { id, clientId: id, kind: 'service', owner: manifest.issuer.owner, binding: policy.binding, at: context.at(path) })
  }
  return clients
}

export function compileWaivers(context: Context): ReadonlyMap<string, Waiver> {
  const waivers = new Map<string, Waiver>()
  for (const [id, waiver] of Object.entries(context.manifest.waivers ?? {})) {
    const path = ['waivers', id]
    waiver.clients.forEach((client, index) => context.knows('clients', client, [...path, 'clients', index]))
    waiver.approvers.forEach(({ team }, index) => context.knows('teams', team, [...path, 'approvers', index, 'team']))
    const { tokenLifetime, monitoring, allowlist = [], networks = [] } = waiver.compensating ?? {}
    waivers.set(id, {
      id,
      control: waiver.control as ControlId,
      clients: waiver.clients,
      routes: waiver.routes ?? [],
      audiences: waiver.audiences ?? [],
      reason: waiver.reason,
      requestedBy: waiver.requestedBy,
      approvers: waiver.approvers,
      start: instant(context, waiver.start, [...path, 'start'], 'waiver.date'),
      end: instant(context, waiver.end, [...path, 'end'], 'waiver.date'),
      compensating: {
        ...(tokenLifetime === undefined ? {} : { tokenLifetime: seconds(tokenLifetime) }),
        ...(monitoring === undefined
          ? {}
          : { monitoring: { channel: monitoring.channel, ...(monitoring.tested === undefined ? {} : { tested: monitoring.tested }) } }),
        allowlist,
        networks,
      },
      at: context.at(path),
    })
  }
  return waivers
}

/** Epoch seconds; NaN, which is never in force, where it was reported. */
export function instant(context: Context, value: string, path: Path, code: string): number {
  const time = epoch(value)
  if (Number.isNaN(time)) context.report(path, code, 'there is no such day or time', 'write a date such as 2026-01-31')
  return time
}

export const compileAccountable = (context: Context): readonly AccountableOverride[] =>
  (context.manifest.accountable ?? []).map(({ control, place, team }, index) => {
    context.knows('teams', team, ['accountable', index, 'team'])
    return { control: control as ControlId, ...(place === undefined ? {} : { place }), team, at: context.at(['accountable', index]) }
  })

/** In an attestation the signature between two neighbours has this label, and each hop's has its id. */
const LINK = 'link'

export function checkNames(context: Context): void {
  for (const id of Object.keys(context.manifest.hops)) {
    if (RESERVED_PLACES.includes(id) || id === LINK)
      context.reportKey(['hops', id], 'hop.reserved', `a hop cannot be called \`${id}\``, 'the word names another place; give the hop another name')
  }
}
