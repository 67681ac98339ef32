import { randomFillSync } from 'node:crypto'

const SIZE = 16

/**
 * 128 fresh random bits each time, base64url. Asking the system for many at once costs a tenth of asking for each, and what was
 * handed out is wiped.
 */
export function createNonceSource(count = 256): () => string {
  const pool = Buffer.alloc(count * SIZE)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    const nonce = pool.toString('base64url', at, at + SIZE)
    pool.fill(0, at, at + SIZE)
    at += SIZE
    return nonce
  }
}
