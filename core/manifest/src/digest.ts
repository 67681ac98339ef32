import { sha256 } from '@everyhop/proof'
import type { Chain } from '@everyhop/chain'

/** base64url SHA-256 of the compiled chain in canonical JSON. Positions are left out: a comment in the file changes nothing that counts. */
export const digestOf = (chain: Omit<Chain, 'digest'>): string => sha256(JSON.stringify(canonical(chain)))

/** Members in order, maps as objects, undefined and positions gone. */
function canonical(value: unknown): unknown {
  if (value instanceof Map) return canonical(Object.fromEntries(value))
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name, member]) => member !== undefined && !(name === 'at' && isPosition(member)))
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, canonical(member)]))
}

const isPosition = (value: unknown): boolean => typeof value === 'object' && value !== null && 'line' in value && 'column' in value
