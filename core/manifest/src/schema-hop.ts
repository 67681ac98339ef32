import { z } from 'zod'
import { ref, url } from './schema-values.js'

const coordinate = z.string().regex(/^[\w-]{43}$/, 'write the coordinate in base64url')

const publicKey = z.union([
  z.string().regex(/^file:.+$/, 'write file:PATH, relative to this file, or a public JWK'),
  z.strictObject({
    kty: z.enum(['EC', 'OKP']).describe('`EC` for P-256, `OKP` for Ed25519.'),
    crv: z.enum(['P-256', 'Ed25519']).describe('The curve.'),
    x: coordinate.describe('The coordinate, in base64url.'),
    y: coordinate.optional().describe('The other coordinate of P-256.'),
    kid: z.string().optional().describe('Not read: a key is known by its thumbprint.'),
    alg: z.string().optional().describe('Not read: the curve says it.'),
    use: z.string().optional().describe('Not read.'),
  }),
])

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

export const hop = z.strictObject({
  kind: z
    .enum(['nginx', 'haproxy', 'caddy', 'apache', 'traefik', 'envoy', 'proxy', 'guard', 'application', 'sidecar', 'mesh', 'other'])
    .describe('What runs there. `guard` checks by itself; `application` answers and reads no slice.'),
  owner: ref.describe('The team that answers for it.'),
  base: z.array(url).min(1).optional().describe('Where clients call this hop. Only on hops where they enter.'),
  ingress: url.optional().describe('Where the hop before, and the prober, reach this hop directly.'),
  authority: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/, 'write host:port in lower case')
    .optional()
    .describe('The authority under which the hop before sends requests here; that of ingress by default.'),
  forward: z
    .enum(['passthrough', 'attested', 'rebound', 'gateway-only'])
    .optional()
    .describe(
      'How the hop keeps the proof for the next: `rebound` exchanges the token, at the issuer of the chain, for one that is bound to its own key. Absent on a hop that answers.',
    ),
  replayAuthority: z.boolean().optional().describe('Whether this hop spends the proofs; the application by default.'),
  keys: z.array(publicKey).min(1).max(4).optional().describe('Public keys with which it attests, or proves what it rebinds; more than one during a rotation.'),
  witness: url.optional().describe('Listener of a witness there, which tells the prober what arrived: `http://127.0.0.1:9400`.'),
  rewrite: rewrite.optional().describe('How it changes the prefix of the path.'),
  conveys: conveys
    .optional()
    .describe('For a `passthrough` hop that ends the clients’ TLS: how it tells the next hop, over mutual TLS, which client certificate it saw.'),
  waiver: ref.optional().describe('The waiver under which it checks alone (gateway-only).'),
})

/** What of a hop differs from one environment to another. */
export const placedHop = hop.pick({ base: true, ingress: true, authority: true, witness: true, keys: true, conveys: true })
