import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** An origin with the one address that the whole run uses for it. */
export type PinnedOrigin = {
  readonly origin: string
  readonly address: string
  readonly port: number
  readonly authority: string
  readonly isTls: boolean
  readonly servername?: string
  /** Named by a literal loopback address: this machine, which needs no consent. A name that leads there is somebody's name. */
  readonly isLoopback: boolean
}

export type Resolve = (host: string) => Promise<string>

const systemResolve: Resolve = async (host) => (await lookup(host)).address

/** The TXT records of a name, each with its parts joined (RFC 7208 §3.3); none where nobody answers. */
export async function lookupTxt(name: string, servers?: readonly string[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  if (servers !== undefined) resolver.setServers(servers)
  const records = await resolver.resolveTxt(name).catch(() => [])
  return records.map((parts) => parts.join(''))
}

/** Link-local and metadata addresses: nothing of a chain lives there, and credentials of machines do. */
const FORBIDDEN = [/^169\.254\./, /^fe[89ab][\da-f]:/i, /^fd00:ec2::254$/i, /^0\./, /^::$/, /^100\.100\.100\.200$/]
const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/

/** Looks a host up once. Throws where it has no address, or one that must not be touched. */
export async function pinOrigin(url: string, resolve: Resolve = systemResolve): Promise<PinnedOrigin> {
  const { protocol, hostname, port, host, origin } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError(`${url} is neither http nor https`)
  const isTls = protocol === 'https:'
  const bare = hostname.replace(/^\[|\]$/g, '')
  const address = isIP(bare) !== 0 ? bare : await resolve(bare)
  if (FORBIDDEN.some((range) => range.test(address.replace(/^::ffff:/i, ''))))
    throw new TypeError(`${origin} leads to a link-local address, which is never probed`)
  return {
    origin,
    address,
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    authority: host,
    isTls,
    ...(isIP(bare) === 0 ? { servername: bare } : {}),
    isLoopback: LOOPBACK.test(bare),
  }
}
