/** One honest manifest, two hops, that tests spoil one line at a time. */
export const HONEST = `version: 1
chain: orders
teams:
  identity: { layer: identity, contact: identity@example.com }
  edge: { layer: platform, contact: "#edge" }
  orders: { layer: application, contact: orders@example.com }
  red: { layer: security, contact: red@example.com }
issuer: { url: https://id.example.com, owner: identity, tokens: { alg: [ES256], typ: at+jwt } }
hops:
  edge:
    { kind: nginx, owner: edge, base: [https://api.example.com], forward: attested, keys: [{ kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo }] }
  orders: { kind: guard, owner: orders, ingress: http://127.0.0.1:8080, replayAuthority: true }
policy: { binding: [dpop], tokenLifetime: 10m, proofAge: 60s }
clients:
  shop: { kind: service }
  billco: { kind: partner, waiver: W-7 }
routes:
  - { path: /orders/**, at: orders, via: [[edge]], clients: [shop, billco], level: AL2 }
waivers:
  W-7:
    control: POP-ID-01
    clients: [billco]
    routes: [/orders/**]
    reason: their stack cannot sign proofs yet
    requestedBy: ann@example.com
    approvers: [{ by: bob@example.com, team: identity }, { by: eve@example.com, team: red }]
    start: 2026-11-01
    end: 2026-12-01
    compensating: { tokenLifetime: 5m, monitoring: { channel: "#red", tested: 2026-10-20 }, allowlist: [billco] }
probe: { clients: [canary-a, canary-b], resource: /orders/canary }
environments:
  production: { hops: { edge: { base: [https://api.example.org] } } }
`

const PARTNER =
  '{ url: https://partner.example, owner: identity, tokens: { alg: [ES256], typ: JWT }, jwks: https://partner.example/keys, revocations: https://partner.example/revoked, introspection: https://partner.example/introspect, introspects: [opaque, jwt], grantClaim: sid, extraConfirmation: true }'

/** The honest manifest with a second issuer, whose client is the partner's, and an observed route. */
export const TWO_ISSUERS = HONEST.replace('hops:\n', `issuers: { partner: ${PARTNER} }\nhops:\n`)
  .replace('billco: { kind: partner,', 'billco: { kind: partner, issuer: partner, id: bill-co,')
  .replace('level: AL2 }', 'level: AL2 }\n  - { path: /stock/**, at: orders, via: [[edge]], clients: [shop], observe: { until: 2026-12-31 } }')
  .replace('proofAge: 60s', 'proofAge: 60s, proofEarly: 10s')
  .replace('production: { ', 'production: { issuers: { partner: { introspection: https://partner.example/live } }, ')

const THUMBPRINT = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

/** The honest manifest with an edge that ends TLS, signs nothing, and tells over mutual TLS which certificate it saw. */
export const CONVEYED = HONEST.replace(
  'forward: attested',
  `forward: passthrough, rewrite: { from: /orders, to: /v1/orders }, conveys: { field: X-Forwarded-Client-Cert, format: xfcc, certificates: [${THUMBPRINT}], alsoSets: [X-Forwarded-Tls] }`,
)
  .replace('http://127.0.0.1:8080', 'https://127.0.0.1:8443')
  .replace('policy: { binding: [dpop]', 'policy: { profile: default, binding: [mtls], proofAlg: [ES384, PS512]')
