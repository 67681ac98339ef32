import { randomBytes } from 'node:crypto'
import type { Thumbprint } from '@everyhop/proof'

/** As the engine makes them: SHA-256, base64url. */
export const anId = (): string => randomBytes(32).toString('base64url')
export const anOwner = (): Thumbprint => anId() as Thumbprint
