import { fetchJson, fetchOnce, valueOf, type FetchOptions, type Json } from './fetch-document.js'

/** What a resource and its issuer say of themselves to anybody who asks. */
export type Discovered = {
  /** How the entry answers a request without credentials; absent where it does not answer. */
  readonly edge?: { readonly status: number; readonly server?: string; readonly schemes: readonly string[] }
  /** RFC 9728. */
  readonly resource?: Json
  /** RFC 8414, or OpenID Connect Discovery. */
  readonly issuer?: { readonly url: string; readonly metadata: Json }
  /** What was asked for and not found, in sentences. */
  readonly notes: readonly string[]
}

export type Discovering = FetchOptions & {
  /** URL of a resource that a token opens. */
  readonly url: string
  /** Absent where the resource shall say it. */
  readonly issuer?: string
}

/** Asks the resource and its issuer, without any credential. A document counts only where it names what it was asked about (RFC 9728 §3.3, RFC 8414 §3.3). */
export async function discover({ url, issuer, ...options }: Discovering): Promise<Discovered> {
  const notes: string[] = []
  const answer = await fetchOnce(url, options)
  const edge = 'failed' in answer ? undefined : edgeOf(answer)
  if (edge === undefined) notes.push(`${url}: no answer, or a certificate that is not trusted`)
  const resource = await resourceAt(url, edge?.metadata, options, notes)
  const servers = textsIn(resource?.['authorization_servers'])
  const [named] = servers
  if (issuer === undefined && servers.length > 1) notes.push(`the resource names ${servers.length} issuers: the first is taken`)
  const chosen = issuer ?? named
  const metadata = chosen === undefined ? undefined : await issuerAt(chosen, options, notes)
  return {
    ...(edge && { edge: { status: edge.status, schemes: edge.schemes, ...(edge.server === undefined ? {} : { server: edge.server }) } }),
    ...(resource && { resource }),
    ...(chosen !== undefined && metadata && { issuer: { url: chosen, metadata } }),
    notes,
  }
}

type Edge = { readonly status: number; readonly server?: string; readonly schemes: readonly string[]; readonly metadata?: string }

function edgeOf(answer: Exclude<Awaited<ReturnType<typeof fetchOnce>>, { readonly failed: string }>): Edge {
  const challenges = answer.fields.filter(([name]) => name.toLowerCase() === 'www-authenticate').map(([, value]) => value)
  const schemes = ['DPoP', 'Bearer'].filter((scheme) => challenges.some((value) => new RegExp(`(?:^|,\\s*)${scheme}\\b`, 'i').test(value)))
  const [, metadata] = /resource_metadata="([^"\s]{1,2048})"/.exec(challenges.join(', ')) ?? []
  const server = valueOf(answer, 'server')
  return { status: answer.status, schemes, ...(server === undefined ? {} : { server }), ...(metadata === undefined ? {} : { metadata }) }
}

async function resourceAt(url: string, named: string | undefined, options: FetchOptions, notes: string[]): Promise<Json | undefined> {
  const { origin, pathname } = new URL(url)
  const path = pathname.replace(/\/$/, '')
  // Where the challenge names another origin, that is somebody else's word.
  const places = [
    ...(named !== undefined && isAt(named, origin) ? [named] : []),
    `${origin}/.well-known/oauth-protected-resource${path}`,
    `${origin}/.well-known/oauth-protected-resource`,
  ]
  const said: string[] = []
  for (const place of new Set(places)) {
    const found = await fetchJson(place, options)
    if (typeof found === 'string') said.push(found)
    else if (isFor(found['resource'], url)) return found
    else said.push(`${place}: it is about another resource`)
  }
  notes.push(`no metadata of the resource (RFC 9728): ${said.join('; ')}`)
  return undefined
}

const isAt = (place: string, origin: string): boolean => URL.canParse(place) && new URL(place).origin === origin

/** A resource identifier covers what lies under it. */
function isFor(resource: unknown, url: string): boolean {
  if (typeof resource !== 'string' || !URL.canParse(resource)) return false
  const [whole, part] = [new URL(url), new URL(resource)]
  const path = part.pathname.replace(/\/$/, '')
  return whole.origin === part.origin && (path === '' || whole.pathname === path || whole.pathname.startsWith(`${path}/`))
}

async function issuerAt(issuer: string, options: FetchOptions, notes: string[]): Promise<Json | undefined> {
  if (!URL.canParse(issuer)) {
    notes.push(`${issuer} is no issuer: write its URL`)
    return undefined
  }
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const said: string[] = []
  for (const place of [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`]) {
    const found = await fetchJson(place, options)
    if (typeof found === 'string') said.push(found)
    else if (found['issuer'] === issuer) return found
    else said.push(`${place}: it is of another issuer`)
  }
  notes.push(`no metadata of the issuer (RFC 8414): ${said.join('; ')}`)
  return undefined
}

/** The texts of a list; none where it is no list. */
export const textsIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [])
