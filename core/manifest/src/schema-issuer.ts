import { z } from 'zod'
import { ref, text, tokenAlg, url } from './schema-values.js'

export const issuer = z.strictObject({
  url: url.describe('The issuer identifier, compared as a string.'),
  owner: ref.describe('The team that answers for what this issuer issues.'),
  tokens: z
    .strictObject({
      alg: z.array(tokenAlg).optional().describe('How it signs access tokens; `[ES256]` by default, `[]` where all of them are opaque.'),
      typ: z
        .union([text, z.array(text).min(1)])
        .optional()
        .describe('The `typ` of its access tokens; `at+jwt` (RFC 9068) by default.'),
    })
    .optional()
    .describe('What its access tokens look like.'),
  jwks: url.optional().describe('Where its keys are, where its metadata (RFC 8414) do not say.'),
  revocations: url.optional().describe('Its feed of revoked tokens, clients, keys and grants.'),
  introspection: url
    .optional()
    .describe('Where its opaque tokens are asked about (RFC 7662): `https://id.example.com/introspect`. The credentials for it come with the guard.'),
  introspects: z
    .array(z.enum(['opaque', 'jwt']))
    .min(1)
    .optional()
    .describe('Which tokens are asked about: `[opaque]` by default; `[opaque, jwt]` asks about those that verify too, so that a revocation is seen.'),
  grantClaim: text.optional().describe('The claim of its tokens that names the grant, such as `sid`: a grant that is revoked ends every token of it.'),
  extraConfirmation: z
    .boolean()
    .optional()
    .describe('`true` accepts members of `cnf` that are not understood, beside one that is proven (RFC 7800 section 3.1). `false` by default.'),
})

/** What of an issuer differs from one environment to another. */
export const placedIssuer = issuer.pick({ url: true, jwks: true, revocations: true, introspection: true }).partial()
