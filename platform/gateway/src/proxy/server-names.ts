import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { ConfigError } from '@everyhop/verifier'

/** PEM text: a certificate with its chain, and its key. */
export type ServerCertificate = { readonly certificate: string; readonly key: string }

export type TlsMaterial = {
  /** One for each name, or one for several. The first serves clients that ask for no name. */
  readonly servers: readonly ServerCertificate[]
  /** CAs of client certificates; needed where a route takes certificate-bound tokens. */
  readonly clientCa?: string
}

/** Which certificate is shown for a name: undefined where none is for it. */
export type ServerNames = { readonly first: SecureContext; readonly of: (name: string) => SecureContext | undefined }

/**
 * What every context of this proxy has in common. There is no resumption: a resumed session would bring a client's certificate
 * without its handshake, perhaps under another name than the one that asked for it.
 */
export const TLS_SETTINGS = { minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION } as const

/** Throws ConfigError for what would not work; nothing has changed then. */
export function serverNames({ servers, clientCa }: TlsMaterial): ServerNames {
  const known = servers.map((server) => ({ certificate: readCertificate(server), context: contextOf(server, clientCa) }))
  const [first] = known
  if (!first) throw new ConfigError('config.certificate', 'a proxy needs a certificate')
  return {
    first: first.context,
    of(name) {
      const isFor = (certificate: X509Certificate): boolean => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
      return known.find(({ certificate }) => isFor(certificate))?.context
    },
  }
}

function readCertificate({ certificate, key }: ServerCertificate): X509Certificate {
  let read: X509Certificate
  let isPair: boolean
  try {
    read = new X509Certificate(certificate)
    isPair = read.checkPrivateKey(createPrivateKey(key))
  } catch {
    throw new ConfigError('config.certificate', 'a certificate or its key is not PEM that can be read')
  }
  if (!isPair) throw new ConfigError('config.certificate', `the key given is not that of the certificate for ${read.subjectAltName ?? read.subject}`)
  if (!(Date.parse(read.validTo) > Date.now()))
    throw new ConfigError('config.certificate', `the certificate for ${read.subjectAltName ?? read.subject} has expired`)
  return read
}

function contextOf({ certificate, key }: ServerCertificate, clientCa: string | undefined): SecureContext {
  try {
    return createSecureContext({ ...TLS_SETTINGS, cert: certificate, key, ...(clientCa === undefined ? {} : { ca: clientCa }) })
  } catch {
    throw new ConfigError('config.certificate', 'TLS takes no server certificate, key and client CA of this kind')
  }
}
