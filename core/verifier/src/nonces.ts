import { createHmac, timingSafeEqual } from 'node:crypto'
import { ConfigError } from './config-error.js'

const STEP = 15
const MAC_BYTES = 16

/** Stateless nonces: a time and its MAC. Every instance with the secret makes and accepts the same. RFC 9449 §8, §9. */
export type Nonces = {
  readonly current: (now: number) => string
  readonly holds: (nonce: string, now: number) => boolean
  /** Seconds that a nonce is good for. */
  readonly maxAge: number
}

export type NonceOptions = {
  /** At least 32 bytes each; the first makes, all accept, so that a secret can be rotated. */
  readonly secrets: readonly Uint8Array[]
  /** The hop that gives them: a nonce of one hop is none of another's (RFC 9449 §9). */
  readonly hop: string
  readonly maxAge: number
}

export function createNonces({ secrets, hop, maxAge }: NonceOptions): Nonces {
  const [first] = secrets
  if (!first || secrets.some((secret) => !(secret.length >= 32))) {
    throw new ConfigError('config.nonce-secret', 'a nonce secret has at least 32 bytes')
  }
  const mac = (secret: Uint8Array, time: number) => createHmac('sha256', secret).update(`everyhop nonce\n${hop}\n${time}`).digest().subarray(0, MAC_BYTES)

  return {
    maxAge,
    current(now) {
      const time = Math.floor(now / STEP) * STEP
      return `${time.toString(36)}.${mac(first, time).toString('base64url')}`
    },
    holds(nonce, now) {
      const [, stamp, tag] = /^([\da-z]{1,9})\.([\w-]{22})$/.exec(nonce) ?? []
      if (stamp === undefined || tag === undefined) return false
      const time = Number.parseInt(stamp, 36)
      const given = Buffer.from(tag, 'base64url')
      if (!(time <= now && now - time <= maxAge) || given.length !== MAC_BYTES) return false
      return secrets.some((secret) => timingSafeEqual(mac(secret, time), given))
    },
  }
}
