import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Refusal } from '@everyhop/proof'

/**
 * Carries a refusal through a gateway that can pass on one field only. The key lives and dies with the service,
 * so nothing but what this service refused can be rendered by it.
 */
export type AnswerSeal = {
  readonly seal: (refusal: Refusal) => string
  /** Undefined unless it was sealed with the same key. */
  readonly open: (sealed: string) => Refusal | undefined
}

const MAX_LENGTH = 12_288

/** `key`: 32 random bytes, one for all processes of a service. */
export function createAnswerSeal(key: Uint8Array): AnswerSeal {
  const mac = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    seal(refusal) {
      const text = Buffer.from(JSON.stringify(refusal)).toString('base64url')
      return `${text}.${mac(text).toString('base64url')}`
    },
    open(sealed) {
      if (sealed.length > MAX_LENGTH) return undefined
      const [, text = '', tag = ''] = /^([\w-]+)\.([\w-]{43})$/.exec(sealed) ?? []
      const given = Buffer.from(tag, 'base64url')
      if (given.length !== 32 || !timingSafeEqual(given, mac(text))) return undefined
      return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Refusal
    },
  }
}
