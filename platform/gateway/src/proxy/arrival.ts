import { readAuthority } from '@everyhop/proof'
import { ConfigError, type LoadedSlice } from '@everyhop/verifier'
import type { Observed } from '../decider.js'
import type { Exchange } from './exchange.js'
import type { TlsMaterial } from './server-names.js'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** How requests come to this hop must fit what it is to decide by. Throws ConfigError where it does not. */
export function checkArrival({ slice }: LoadedSlice, tls: TlsMaterial | undefined, host: string): void {
  const takesCertificates = slice.routes.some(({ bindings, mode }) => bindings.includes('mtls') && mode !== 'attested')
  if (takesCertificates && tls?.clientCa === undefined) {
    throw new ConfigError('config.client-ca', `hop ${slice.hop} has routes for certificate-bound tokens: give the CA of client certificates`)
  }
  if (!tls && !LOOPBACK.has(host) && slice.routes.some(({ mode }) => mode !== 'attested')) {
    throw new ConfigError(
      'config.plain',
      `hop ${slice.hop} takes requests of clients: give it a certificate, or let it listen on loopback behind what ends TLS`,
    )
  }
}

/** Whether the request names this hop: an external base of it, or the name that the hop before calls it by. One under another TLS name is somebody else's. */
export function isForUs({ authority, client }: Exchange, bases: readonly string[], own: string): boolean {
  const asked = readAuthority('https', authority)
  const isOurs = asked === readAuthority('https', own) || bases.some((base) => readAuthority('https', new URL(base).host) === asked)
  return isOurs && (client.serverName === undefined || asked?.replace(/:\d+$/, '') === client.serverName.toLowerCase())
}

/** What a decision is made by. A certificate counts only where TLS verified it. */
export function observedIn({ method, target, rawHeaders, client }: Exchange): Observed {
  return {
    method,
    target,
    rawHeaders,
    earlyData: false,
    removes: true,
    ...(client.certificate === undefined ? {} : { certificate: client.certificate }),
    ...(client.address === undefined ? {} : { peer: client.address }),
  }
}
