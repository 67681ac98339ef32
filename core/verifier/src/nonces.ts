import { createHmac, timingSafeEqual } from 'node:crypto'
import { ConfigError } from './config-error.js'

const STEP = 15
const MAC_BYTES = 16
/** Seconds by which the clocks of two instances may differ. */
const APART = 5
/** More than are in force at a time: one a step and secret. */
const MAX_VERIFIED = 256

/** Stateless nonces: a time and its MAC. Every instance with the secret makes and accepts the same. RFC 9449 §8, §9. */
export type Nonces = {
  readonly current: (now: number) => string
  /** The earliest time at which a nonce can have been made, epoch seconds; undefined where it is not one of ours or no longer in force. */
  readonly timeOf: (nonce: string, now: number) => number | undefined
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

  /** All clients send the same few nonces: their MACs are compared once. Only ours come in, so strangers cannot fill it. */
  const verified = new Map<string, number>()

  function verify(nonce: string): number | undefined {
    const [, stamp, tag] = /^([\da-z]{1,9})\.([\w-]{21}[AQgw])$/.exec(nonce) ?? []
    if (stamp === undefined || tag === undefined) return undefined
    const time = Number.parseInt(stamp, 36)
    const given = Buffer.from(tag, 'base64url')
    if (given.length !== MAC_BYTES || !secrets.some((secret) => timingSafeEqual(mac(secret, time), given))) return undefined
    if (verified.size >= MAX_VERIFIED) verified.clear()
    verified.set(nonce, time)
    return time
  }

  return {
    maxAge,
    current(now) {
      const time = Math.floor(now / STEP) * STEP
      return `${time.toString(36)}.${mac(first, time).toString('base64url')}`
    },
    timeOf(nonce, now) {
      const time = verified.get(nonce) ?? verify(nonce)
      return time !== undefined && time <= now + APART && now - time <= maxAge ? time - APART : undefined
    },
  }
}
