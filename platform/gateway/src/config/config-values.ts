import { readAuthority } from '@everyhop/proof'
import { ConfigError } from '@everyhop/verifier'

/**
 * Values that go into a gateway's configuration. Each is checked against the few characters it can need: a line break,
 * `;`, `{`, `$`, quote or space in one would be configuration of its own.
 */
export const filePath = (what: string, value: string): string => plain(what, value, /^\/[\w./@+,=~-]+$/, 'an absolute path of plain characters')

export const hopName = (value: string): string => plain('the id of a hop', value, /^[a-z][a-z0-9_.-]{0,63}$/, 'a lower-case name')

export const listenAddress = (value: string): string => {
  const [, host, port] = /^(?:([^\s]*):)?(\d{1,5})$/.exec(value) ?? []
  const isPort = port !== undefined && Number(port) > 0 && Number(port) <= 65_535
  if (isPort && (host === undefined || host === '*' || readAuthority('http', host) !== undefined)) return value
  throw new ConfigError('config.listen', 'listen must be a port or address:port')
}

export const authority = (what: string, value: string): string => {
  if (readAuthority('http', value) !== undefined) return value
  throw new ConfigError('config.authority', `${what} must be host or host:port`)
}

/** A prefix of a path that is rewritten. */
export function pathPrefix(path: string): string {
  if (/^(?:\/[\w.~-]+)+$/.test(path)) return path
  throw new ConfigError('config.rewrite', 'a rewritten prefix has plain segments and no slash at its end')
}

function plain(what: string, value: string, allowed: RegExp, form: string): string {
  if (allowed.test(value)) return value
  throw new ConfigError('config.value', `${what} must be ${form}`)
}
