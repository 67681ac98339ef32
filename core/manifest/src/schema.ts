import { z } from 'zod'
import { hop, placedHop } from './schema-hop.js'
import { issuer, placedIssuer } from './schema-issuer.js'
import { duration, id, instant, mechanism, path, proofAlg, ref, text } from './schema-values.js'

/** The file as it is written, version 1. Nothing is transformed here: units, defaults and references are the compiler's. */

const layer = z.enum(['identity', 'platform', 'application', 'security', 'governance'])
const control = z.string().regex(/^POP-(ID|PL|AP|SE|GV|AG)-\d{2}$/, 'write a control such as POP-AP-01')
const cidr = z.union([z.cidrv4(), z.cidrv6()])

const team = z.strictObject({
  layer: layer.describe('What kind of work it answers for.'),
  contact: text.describe('Where the team is reached when a control fails: an address, a channel.'),
})

const policy = z.strictObject({
  profile: z
    .enum(['default', 'fapi2', 'mcp'])
    .optional()
    .describe(
      'Whose defaults and limits hold: `fapi2` (FAPI 2.0 Security Profile, final), `mcp` (SEP-1932, a draft). What is given besides may only be stricter.',
    ),
  binding: z.array(mechanism).min(1).optional().describe('How tokens are tied to a key of the client; `[dpop]` by default.'),
  proofAlg: z
    .array(proofAlg)
    .min(1)
    .optional()
    .describe('How clients may sign proofs; `[ES256, EdDSA]` by default. Every one allowed is one more that a thief may use.'),
  tokenLifetime: duration.optional().describe('How long an access token may live, a day at most: `10m`.'),
  proofAge: duration.optional().describe('How old a proof may be, five minutes at most: `60s`.'),
  proofEarly: duration.optional().describe('How far in the future a proof may be dated: `10s`. That of the profile by default, without one that of `skew`.'),
  skew: duration.optional().describe('How far clocks may differ, a minute at most: `5s`.'),
  attestationAge: duration.optional().describe('How long the attestation of a hop lives, a minute at most: `10s`.'),
  nonce: z.enum(['off', 'required']).optional().describe('Whether a proof must carry a nonce of the replay authority; `off` by default.'),
})

const client = z.strictObject({
  kind: z.enum(['service', 'partner', 'ci', 'agent', 'person']).describe('What it is; some controls are for one kind only.'),
  id: text.optional().describe('The OAuth client_id, where it is not the key.'),
  owner: ref.optional().describe('The team that answers for it; the owner of its issuer by default.'),
  binding: z.array(mechanism).optional().describe('How its tokens are bound; as the policy says by default. `[]` under a waiver only.'),
  waiver: ref.optional().describe('The waiver under which it may use bearer tokens.'),
  issuer: ref.optional().describe('The name in `issuers` of the issuer that it is registered at; the chain’s `issuer` by default.'),
})

const route = z.strictObject({
  path: z
    .string()
    .regex(/^(?=\/)(?:\/(?:\*|[^\s?#*/]*))*(?:\/\*\*)?$/, 'write a path; * stands for one segment, ** at the end for the rest')
    .describe('`/orders/**`: `*` stands for one segment, `**` at the end for the rest. The first route that matches decides.'),
  at: ref.describe('The hop that answers.'),
  via: z.array(z.array(ref)).min(1).optional().describe('Allowed paths of hops from the client to the application. Direct by default.'),
  clients: z
    .union([z.literal('any'), z.array(ref).min(1)])
    .describe('Who may use it: `[shop, billco]`; `any` for every client of the issuer, whose tokens must be bound all the same.'),
  level: z.enum(['AL0', 'AL1', 'AL2']).optional().describe('`AL0` bearer, under a waiver; `AL1` bound; `AL2`, the default, bound over the whole path.'),
  audience: z
    .union([text, z.array(text).min(1)])
    .optional()
    .describe('One of these must stand in `aud`; the bases of its entry hops by default.'),
  body: z
    .enum(['covered', 'uncovered'])
    .optional()
    .describe('`covered`: the hops attest the client’s `Content-Digest`, and the application compares it with the content. `uncovered` by default.'),
  observe: z
    .strictObject({ until: instant.describe('The first moment at which refusals count again, at most 90 days away: `2026-12-31`.') })
    .optional()
    .describe(
      'For roll-out: until the end the hop that answers records what it refuses on this route, and lets it pass; nothing is proven of it so long. Hops before it enforce all the time.',
    ),
})

const waiver = z.strictObject({
  control: control.describe('What does not have to hold: `POP-ID-01`.'),
  clients: z.array(ref).describe('For whom.'),
  routes: z.array(text).optional().describe('Where, by path as the routes have it; or by `audiences`.'),
  audiences: z.array(text).optional().describe('Where, by audience.'),
  reason: text.describe('Why it is needed.'),
  requestedBy: text.describe('Who asked for it, and so may not approve it.'),
  approvers: z
    .array(z.strictObject({ by: text.describe('Who approved.'), team: ref.describe('For which team.') }))
    .describe('Two people at least, one of them outside the owning team.'),
  start: instant.describe('The first moment at which it is in force: a date, which means midnight UTC, or a time with its zone.'),
  end: instant.describe('The first moment at which it is no longer in force.'),
  compensating: z
    .strictObject({
      tokenLifetime: duration.optional().describe('The ceiling for its tokens, below that of bound ones: `5m`.'),
      monitoring: z
        .strictObject({
          channel: text.describe(
            'Where alerts about the use of the waiver go. A URL that answers `{ "schema": "everyhop.alerts/1", "alerts": [receipts] }` is watched by the prober (CMP-05).',
          ),
          tested: instant.optional().describe('When an alert last arrived there in a test.'),
        })
        .optional()
        .describe('Who is told of its use.'),
      allowlist: z.array(ref).optional().describe('The clients, once more: whoever is not on it is refused.'),
      networks: z.array(cidr).optional().describe('From where its tokens count: `[192.0.2.0/24]`. Without it the waiver lasts 30 days at most.'),
    })
    .optional()
    .describe('What makes up for it, and is attacked.'),
})

const probeClass = z.enum(['P1', 'P2', 'P3']).describe('The strongest class of attacks that may run: `P1` in production, `P3` in staging.')

const environment = z.strictObject({
  production: z.boolean().optional().describe('True by default for the environment of that name.'),
  hops: z.record(id, placedHop).optional().describe('What of its hops differs there.'),
  issuer: placedIssuer.optional().describe('What of the issuer differs there.'),
  issuers: z.record(id, placedIssuer).optional().describe('What of further issuers differs there.'),
  probe: z.strictObject({ class: probeClass }).optional().describe('How far the prober may go there.'),
})

export const MANIFEST = z
  .strictObject({
    version: z.literal(1).describe('Of this format.'),
    chain: id.describe('The name of the chain.'),
    extends: z
      .union([text, z.array(text).min(1)])
      .optional()
      .describe('Files that hold what several chains share, relative to this one.'),
    teams: z.record(id, team).describe('Who can be accountable.'),
    network: z
      .strictObject({ owner: ref.describe('The team.') })
      .optional()
      .describe('Who owns the network between the hops, and so the absence of a way around.'),
    issuer: issuer.describe('Whose tokens are accepted, and who registers the clients.'),
    issuers: z
      .record(id, issuer)
      .optional()
      .describe('Further issuers whose tokens are accepted, each with its owner. One speaks only for the clients that name it.'),
    hops: z.record(id, hop).describe('The processes that a request passes, and those that answer.'),
    policy: policy.optional().describe('What a token and a proof must be.'),
    clients: z.record(id, client).describe('Who calls.'),
    routes: z.array(route).min(1).describe('Which paths of the URL go over which hops, for whom. What is on none is refused.'),
    waivers: z.record(z.string().min(1), waiver).optional().describe('Approved exceptions with an end.'),
    accountable: z
      .array(
        z.strictObject({
          control: control.describe('The control.'),
          place: ref.optional().describe('Where: `issuer`, `issuer:NAME`, a hop, `network`, `client:NAME`, `chain`. Everywhere by default.'),
          team: ref.describe('Who answers for it.'),
        }),
      )
      .optional()
      .describe('Who answers where the owners do not say it, or say it otherwise.'),
    probe: z
      .strictObject({
        clients: z.array(ref).min(1).max(2).describe('Canaries of our own: the victim, then the thief.'),
        resource: path.describe('The path that attacks are aimed at: `/orders/canary`.'),
        class: probeClass.optional(),
      })
      .optional()
      .describe('What the prober may attack, and as whom.'),
    environments: z.record(id, environment).optional().describe('What differs from one environment to another.'),
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
