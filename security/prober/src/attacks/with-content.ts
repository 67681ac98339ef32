import { createHash } from 'node:crypto'
import type { Exchange } from '../attack.js'

/** The same request with that content, and its digest in place of one that is there. RFC 9530 §2. */
export const withContent = (exchange: Exchange, body: string): Exchange => ({
  ...exchange,
  ...(body === '' ? {} : { body }),
  fields: [
    ...exchange.fields.filter(([name]) => name !== 'Content-Digest'),
    ['Content-Digest', `sha-256=:${createHash('sha256').update(body).digest('base64')}:`],
  ],
})
