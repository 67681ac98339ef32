import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from '@everyhop/proof'

/** Answers on the bare socket of an `upgrade` event, and closes it: nobody else would, however long the client keeps its half open. */
export function refuseUpgrade(socket: Duplex, { status, fields, body }: Refusal): void {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...fields.map(([name, value]) => `${name}: ${value}`)]
  socket.once('finish', () => socket.destroy())
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n'))
}
