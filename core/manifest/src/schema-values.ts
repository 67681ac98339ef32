import type { ProofAlg, TokenAlg } from '@everyhop/chain'
import { z } from 'zod'

/** The values that members of the file have. */

const ID = /^[a-z][a-z0-9-]{0,47}$/
export const id = z.string().regex(ID, 'write it in lower case letters, digits and hyphens, a letter first')
export const ref = z.string().min(1)
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}(s|m|h|d)$/, 'write a duration such as 60s, 10m, 8h or 2d')
  .describe('A duration: 60s, 10m, 8h, 2d.')
export const url = z.string().regex(/^https?:\/\/[^\s]+$/, 'write a URL such as https://api.example.com')
export const path = z.string().regex(/^\/[^\s?#]*$/, 'write a path that starts with / and has no query')
export const instant = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/,
    'write a date (2026-01-31, midnight UTC) or a time with its zone (2026-01-31T12:00:00Z)',
  )
  .describe('A date, which means midnight UTC, or a time with its zone.')
export const text = z.string().trim().min(1)

export const mechanism = z.enum(['dpop', 'mtls'])
const PROOF_ALGS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512'] as const satisfies readonly ProofAlg[]
export const proofAlg = z.enum(PROOF_ALGS)
export const tokenAlg = z.enum([...PROOF_ALGS, 'RS256'] satisfies readonly TokenAlg[])
