declare const brand: unique symbol

/** An absolute http(s) URI in normal form, without query and fragment. RFC 3986 §6.2.2 and §6.2.3. */
export type Target = string & { readonly [brand]: 'Target' }

/** RFC 3986 appendix B, with what is not a URI character kept out: no spaces, backslashes or wide characters. */
const ABSOLUTE = /^(https?):\/\/([\w.~!$&'()*+,;=:[\]-]+)((?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-F]{2})*)*)$/i
const AUTHORITY = /^([a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]{2,45}\])(?::(\d{0,5}))?$/i
const PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-F]{2})*)+$/i
/** RFC 3986 §3.4, and what browsers leave bare in it besides (WHATWG URL): no decision reads a query, signatures cover its bytes. */
const QUERY = /^(?:[\w.~!$&'()*+,;=:@/?[\]{|}^`-]|%[\dA-F]{2})*$/i
/** Paths that are in normal form as they stand: most are, and this one look at them is enough. */
const NORMAL = /^(?:\/[\w~-][\w.~-]*)+\/?$/
const MAX_LENGTH = 4_096

/**
 * Reads an absolute URI and brings it into normal form; undefined for anything that is not plainly one:
 * user information, query, fragment, other schemes, odd characters. What is not understood never equals anything.
 */
export function readTarget(uri: string): Target | undefined {
  if (uri.length > MAX_LENGTH) return undefined
  const [, scheme = '', authority = '', path = ''] = ABSOLUTE.exec(uri) ?? []
  const host = readAuthority(scheme.toLowerCase(), authority)
  if (host === undefined) return undefined
  return `${scheme.toLowerCase()}://${host}${normalPath(path)}` as Target
}

/** Lower-case host without the default port; undefined where it is not an authority. RFC 3986 §6.2.3. */
export function readAuthority(scheme: string, authority: string): string | undefined {
  const [, host, port = ''] = AUTHORITY.exec(authority) ?? []
  if (host === undefined || Number(port) > 65_535) return undefined
  const isDefault = port === '' || Number(port) === (scheme === 'https' ? 443 : 80)
  return isDefault ? host.toLowerCase() : `${host.toLowerCase()}:${Number(port)}`
}

const normalPath = (path: string): string => withoutDots(withoutNeedlessEscapes(path))

/** Escapes in capitals; unreserved characters bare. Reserved ones stay escaped: `a%2Fb` is not `a/b`. RFC 3986 §6.2.2. */
const withoutNeedlessEscapes = (path: string): string => (path.includes('%') ? path.replace(ESCAPE, withoutNeed) : path)

const ESCAPE = /%[\da-f]{2}/gi

function withoutNeed(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
}

/** RFC 3986 §5.2.4. The empty path is the root. */
function withoutDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if (isLast && (segment === '..' || segment === '.')) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** The request target in two parts, as the attestation covers them. */
export type RequestTarget = {
  /** As received. */
  readonly path: string
  /** With its question mark; `?` where there is none. RFC 9421 §2.2.7. */
  readonly query: string
  /** In normal form. */
  readonly normal: string
}

/** Dot segments, also such as only appear when escapes of escapes are undone. */
const DOTS = /(?:^|\/|%(?:25)*2F)(?:\.|%(?:25)+2E){1,2}(?:;[^/]*)?(?:\/|%(?:25)*2F|$)/i

/**
 * Reads an origin-form request target (RFC 9112 §3.2.1). Undefined for every form that two hops could read differently:
 * absolute form, a leading `//`, dot segments (escaped ones, however often, and such behind an escaped slash too), escaped control characters or backslashes.
 */
export function readRequestTarget(target: string): RequestTarget | undefined {
  if (target.length > MAX_LENGTH) return undefined
  if (NORMAL.test(target)) return { path: target, query: '?', normal: target }
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '?' : target.slice(mark)
  if (!PATH.test(path) || !QUERY.test(query.slice(1)) || path.startsWith('//')) return undefined
  const normal = withoutNeedlessEscapes(path)
  const isPlain = !/%(?:[01][\dA-F]|7F|5C)/.test(normal) && !DOTS.test(normal)
  return isPlain ? { path, query, normal } : undefined
}

/**
 * What a careless server takes a path for: case, doubled slashes, a slash at the end, parameters of segments and escapes do not count,
 * escapes of escapes neither. Good for suspicion only.
 */
export function loosely(path: string): string {
  let plain = path
  for (let times = 0; times < 3 && plain.includes('%'); times++) plain = unescaped(plain)
  return plain
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
    .replace(WIDE, decoded)
    .toUpperCase()
    .toLowerCase()
}

/** Characters beyond ASCII, of which some are letters of ASCII in the other case: the Kelvin sign, the long s. */
const WIDE = /(?:%[89a-f][\da-f])+/gi

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes
  }
}

const unescaped = (path: string): string => path.replace(/%[2-7][\da-f]/gi, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)))

/** The target that a base and a path in normal form make together. */
export const targetUnder = (base: Target, path: string): Target => `${base.endsWith('/') ? base.slice(0, -1) : base}${path}` as Target
