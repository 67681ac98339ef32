import type { Client, Waiver } from '@everyhop/chain'
import type { Lab, Token } from '../attack.js'
import { bearerClients, expiredClients } from './bearer-clients.js'

export type Bearer = { readonly client: Client; readonly waiver: Waiver; readonly token: Token; readonly isOver: boolean }

/** A live bearer token of a client with a waiver: a new one while the waiver is in force, afterwards one from before; else the reason why there is none. */
export async function bearerOf(lab: Lab): Promise<Bearer | string> {
  const { chain, kit, token } = lab
  const [one] = bearerClients(chain, kit.now)
  if (!one) return earlierBearer(lab) ?? 'no waiver is in force, and there is no live token from before its end'
  const { token: bearer, status } = await token({ client: one.client.id, proof: 'none' })
  return bearer ? { ...one, token: bearer, isOver: false } : `the issuer answered ${status} and gave ${one.client.id} no bearer token`
}

/** A token that is still alive and whose waiver has ended. */
export function earlierBearer({ chain, kit, earlierToken }: Lab): Bearer | undefined {
  for (const one of expiredClients(chain, kit.now)) {
    const token = earlierToken(one.client.id)
    if (token && Number(token.claims['exp']) > kit.now) return { ...one, token, isOver: true }
  }
  return undefined
}
