import type { ProofAlg, TokenAlg } from '@everyhop/chain'
import { z } from 'zod'

/** The file as it is written, version 1. Nothing is transformed here: units, defaults and references are the compiler's. */

const ID = /^[a-z][a-z0-9-]{0,47}$/
const id = z.string().regex(ID, 'write it in lower case letters, digits and hyphens, a letter first')
const ref = z.string().min(1)
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}(s|m|h|d)$/, 'write a duration such as 60s, 10m, 8h or 2d')
  .describe('A duration: 60s, 10m, 8h, 2d.')
const url = z.string().regex(/^https?:\/\/[^\s]+$/, 'write a URL such as https://api.example.com')
const path = z.string().regex(/^\/[^\s?#]*$/, 'write a path that starts with / and has no query')
const instant = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/,
    'write a date (2026-01-31, midnight UTC) or a time with its zone (2026-01-31T12:00:00Z)',
  )
  .describe('A date, which means midnight UTC, or a time with its zone.')
const text = z.string().trim().min(1)

const layer = z.enum(['identity', 'platform', 'application', 'security', 'governance'])
const mechanism = z.enum(['dpop', 'mtls'])
const PROOF_ALGS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512'] as const satisfies readonly ProofAlg[]
const proofAlg = z.enum(PROOF_ALGS)
const tokenAlg = z.enum([...PROOF_ALGS, 'RS256'] satisfies readonly TokenAlg[])
const control = z.string().regex(/^POP-(ID|PL|AP|SE|GV|AG)-\d{2}$/, 'write a control such as POP-AP-01')
const cidr = z.union([z.cidrv4(), z.cidrv6()])

const publicKey = z.union([
  z.string().regex(/^file:.+$/, 'write file:PATH, relative to this file, or a public JWK'),
  z.strictObject({
    kty: z.enum(['EC', 'OKP']),
    crv: z.enum(['P-256', 'Ed25519']),
    x: z.string().regex(/^[\w-]{43}$/, 'write the coordinate in base64url'),
    y: z
      .string()
      .regex(/^[\w-]{43}$/, 'write the coordinate in base64url')
      .optional(),
    kid: z.string().optional(),
    alg: z.string().optional(),
    use: z.string().optional(),
  }),
])

const team = z.strictObject({ layer, contact: text.describe('Where the team is reached when a control fails: an address, a channel.') })

const issuer = z.strictObject({
  url: url.describe('The issuer identifier, compared as a string.'),
  owner: ref.describe('The team that answers for what this issuer issues.'),
  tokens: z
    .strictObject({
      alg: z.array(tokenAlg).min(1).optional().describe('How it signs access tokens; `[ES256]` by default.'),
      typ: z
        .union([text, z.array(text).min(1)])
        .optional()
        .describe('The `typ` of its access tokens; `at+jwt` (RFC 9068) by default.'),
    })
    .optional(),
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

/** What the hops can apply and read back: plain segments, no slash at the end. */
const prefix = z
  .string()
  .regex(
    /^(?:\/[\w.~-]+)+$/,
    'write a prefix of plain segments without a slash at its end, such as /api; the whole path (`/`) cannot be one: a hop can replace a prefix, not take it away',
  )

const rewrite = z.strictObject({
  from: prefix.describe('The prefix that clients call: `/api`.'),
  to: prefix.describe('What stands in its place behind this hop: `/v1`.'),
})

const fieldName = z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, 'write the name of a field, such as Client-Cert')

const conveys = z.strictObject({
  field: fieldName.describe('The one field in which it hands on the client’s certificate: `X-Forwarded-Client-Cert`.'),
  format: z
    .enum(['rfc9440', 'xfcc', 'escaped-pem', 'folded-pem', 'base64-der', 'traefik'])
    .describe(
      'How the certificate is spelt there: `rfc9440` in `Client-Cert`; `xfcc` by Envoy; `escaped-pem` by nginx and AWS; `folded-pem` by Apache; `base64-der` by HAProxy, Caddy and Azure; `traefik`.',
    ),
  certificates: z
    .array(z.string().regex(/^(?:[\w-]{43}|file:.+)$/, 'write file:PATH, a certificate in PEM relative to this file, or its SHA-256 in base64url'))
    .min(1)
    .max(4)
    .describe('The certificates with which it authenticates itself to the next hop: `[file:edge.pem]`; more than one during a rotation.'),
  alsoSets: z.array(fieldName).optional().describe('Other fields about the certificate that it sets or removes itself: `[X-Forwarded-Client-Cert-Chain]`.'),
})

const hop = z.strictObject({
  kind: z.enum(['nginx', 'haproxy', 'caddy', 'apache', 'traefik', 'envoy', 'proxy', 'guard', 'application', 'sidecar', 'mesh', 'other']),
  owner: ref,
  base: z.array(url).min(1).optional().describe('Where clients call this hop. Only on hops where they enter.'),
  ingress: url.optional().describe('Where the hop before, and the prober, reach this hop directly.'),
  authority: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/, 'write host:port in lower case')
    .optional()
    .describe('The authority under which the hop before sends requests here; that of ingress by default.'),
  forward: z.enum(['passthrough', 'attested', 'gateway-only']).optional().describe('How the hop keeps the proof for the next. Absent on a hop that answers.'),
  replayAuthority: z.boolean().optional().describe('Whether this hop spends the proofs; the application by default.'),
  keys: z.array(publicKey).min(1).max(4).optional().describe('Public keys of its attestations; more than one during a rotation.'),
  witness: url.optional(),
  rewrite: rewrite.optional(),
  conveys: conveys
    .optional()
    .describe('For a `passthrough` hop that ends the clients’ TLS: how it tells the next hop, over mutual TLS, which client certificate it saw.'),
  waiver: ref.optional().describe('The waiver under which it checks alone (gateway-only).'),
})

const policy = z.strictObject({
  profile: z
    .enum(['default', 'fapi2', 'mcp'])
    .optional()
    .describe(
      'Whose defaults and limits hold: `fapi2` (FAPI 2.0 Security Profile, final), `mcp` (SEP-1932, a draft). What is given besides may only be stricter.',
    ),
  binding: z.array(mechanism).min(1).optional(),
  proofAlg: z
    .array(proofAlg)
    .min(1)
    .optional()
    .describe('How clients may sign proofs; `[ES256, EdDSA]` by default. Every one allowed is one more that a thief may use.'),
  tokenLifetime: duration.optional(),
  proofAge: duration.optional(),
  proofEarly: duration.optional().describe('How far in the future a proof may be dated: `10s`. That of the profile by default, without one that of `skew`.'),
  skew: duration.optional(),
  attestationAge: duration.optional(),
  nonce: z.enum(['off', 'required']).optional(),
})

const client = z.strictObject({
  kind: z.enum(['service', 'partner', 'ci', 'agent', 'person']),
  id: text.optional().describe('The OAuth client_id, where it is not the key.'),
  owner: ref.optional(),
  binding: z.array(mechanism).optional(),
  waiver: ref.optional().describe('The waiver under which it may use bearer tokens.'),
  issuer: ref.optional().describe('The name in `issuers` of the issuer that it is registered at; the chain’s `issuer` by default.'),
})

const route = z.strictObject({
  path: z.string().regex(/^(?=\/)(?:\/(?:\*|[^\s?#*/]*))*(?:\/\*\*)?$/, 'write a path; * stands for one segment, ** at the end for the rest'),
  at: ref.describe('The hop that answers.'),
  via: z.array(z.array(ref)).min(1).optional().describe('Allowed paths of hops from the client to the application. Direct by default.'),
  clients: z
    .union([z.literal('any'), z.array(ref).min(1)])
    .describe('Who may use it: `[shop, billco]`; `any` for every client of the issuer, whose tokens must be bound all the same.'),
  level: z.enum(['AL0', 'AL1', 'AL2']).optional(),
  audience: z.union([text, z.array(text).min(1)]).optional(),
  body: z.enum(['covered', 'uncovered']).optional(),
  observe: z
    .strictObject({ until: instant.describe('The first moment at which refusals count again, at most 90 days away: `2026-12-31`.') })
    .optional()
    .describe(
      'For roll-out: until the end the hop that answers records what it refuses on this route, and lets it pass; nothing is proven of it so long. Hops before it enforce all the time.',
    ),
})

const waiver = z.strictObject({
  control,
  clients: z.array(ref),
  routes: z.array(text).optional(),
  audiences: z.array(text).optional(),
  reason: text,
  requestedBy: text,
  approvers: z.array(z.strictObject({ by: text, team: ref })),
  start: instant,
  end: instant.describe('The first moment at which it is no longer in force.'),
  compensating: z
    .strictObject({
      tokenLifetime: duration.optional(),
      monitoring: z
        .strictObject({
          channel: text.describe(
            'Where alerts about the use of the waiver go. A URL that answers `{ "schema": "everyhop.alerts/1", "alerts": [receipts] }` is watched by the prober (CMP-05).',
          ),
          tested: instant.optional(),
        })
        .optional(),
      allowlist: z.array(ref).optional(),
      networks: z.array(cidr).optional(),
    })
    .optional(),
})

const probeClass = z.enum(['P1', 'P2', 'P3'])

/** What of an issuer differs from one environment to another. */
const placed = issuer.pick({ url: true, jwks: true, revocations: true, introspection: true }).partial()

const environment = z.strictObject({
  production: z.boolean().optional().describe('True by default for the environment of that name.'),
  hops: z.record(id, hop.pick({ base: true, ingress: true, authority: true, witness: true, keys: true, conveys: true })).optional(),
  issuer: placed.optional(),
  issuers: z.record(id, placed).optional(),
  probe: z.strictObject({ class: probeClass }).optional(),
})

export const MANIFEST = z
  .strictObject({
    version: z.literal(1),
    chain: id,
    extends: z
      .union([text, z.array(text).min(1)])
      .optional()
      .describe('Files that hold what several chains share, relative to this one.'),
    teams: z.record(id, team),
    network: z.strictObject({ owner: ref }).optional().describe('Who owns the network between the hops, and so the absence of a way around.'),
    issuer,
    issuers: z
      .record(id, issuer)
      .optional()
      .describe('Further issuers whose tokens are accepted, each with its owner. One speaks only for the clients that name it.'),
    hops: z.record(id, hop),
    policy: policy.optional(),
    clients: z.record(id, client),
    routes: z.array(route).min(1),
    waivers: z.record(z.string().min(1), waiver).optional(),
    accountable: z.array(z.strictObject({ control, place: ref.optional(), team: ref })).optional(),
    probe: z.strictObject({ clients: z.array(ref).min(1).max(2), resource: path, class: probeClass.optional() }).optional(),
    environments: z.record(id, environment).optional(),
  })
  .describe('everyhop.yaml, version 1: one proof chain, its owners and its policy.')

export type Manifest = z.infer<typeof MANIFEST>

/** What a shared file may hold: the rest belongs to one chain. */
export const SHARED_KEYS: readonly string[] = [
  'version',
  'extends',
  'teams',
  'network',
  'issuer',
  'issuers',
  'hops',
  'policy',
  'clients',
  'waivers',
  'accountable',
]

/** Values that somebody will try, and why they are refused; by key and value. */
export const REFUSED: Readonly<Record<string, string>> = {
  'proofAlg RS256':
    'RS256 is for tokens of issuers that know nothing better, and for no proof (RFC 8725 section 3.2): let clients use ES256, or PS256 with RSA keys',
  'proofAlg none': 'a proof without a signature proves nothing: use ES256',
  'proofAlg HS256': 'with a shared secret whoever checks a proof can make one (RFC 9449 section 4.2): use ES256',
  'alg none': 'a token without a signature is anybody’s: name what the issuer signs with',
  'alg HS256': 'with a shared secret every hop that checks a token can make one: let the issuer sign with ES256',
  'proofAlg Ed25519': 'write EdDSA: it means Ed25519 here, under both of its names (RFC 9864)',
  'alg Ed25519': 'write EdDSA: it means Ed25519 here, under both of its names (RFC 9864)',
}

/** JSON Schema for editors, draft 2020-12. */
export const manifestSchema = (): Record<string, unknown> => ({
  title: 'Everyhop manifest, version 1',
  ...z.toJSONSchema(MANIFEST, { io: 'input', target: 'draft-2020-12' }),
})

/** The published file. */
export const schemaText = (): string => `${JSON.stringify(manifestSchema(), null, 2)}\n`
