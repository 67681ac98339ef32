import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** The certificate that the client proved in this TLS connection. From the socket alone: a header can be written by anybody. */
export function certificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
}

/** Whether the listener's CA has issued the certificate, and it is valid now. */
export const isAuthorized = ({ socket }: IncomingMessage): boolean => socket instanceof TLSSocket && socket.authorized

/**
 * The subject in RFC 4514 form: last name first. Node gives one name a line, first name first, with values already escaped
 * as RFC 4514 §2.4 asks, and ` + ` between the parts of a multi-valued name.
 */
export const subjectOf = (certificate: X509Certificate): string =>
  (certificate.subject ?? '')
    .split('\n')
    .map((name) => name.replaceAll(' + ', '+'))
    .toReversed()
    .join(',')

/** The registered spelling, without the spaces that people put after commas. */
export const readSubject = (subject: string): string => subject.replaceAll(/(?<!\\), +/g, ',')
