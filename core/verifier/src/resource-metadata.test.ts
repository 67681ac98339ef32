import { expect, test } from 'vitest'
import { resourceMetadataOf, resourceMetadataUrl } from './resource-metadata.js'
import { sample, SLICE } from './sample.testkit.js'

const [ROUTE] = SLICE.routes
const WAIVER = { id: 'W-1', clients: ['shop'], routes: ['/orders/**'], audiences: [], start: 0, end: 2_000_000_000, tokenLifetime: 60, networks: [] }
const dpop = { dpop_signing_alg_values_supported: ['ES256'] }

test.each([
  ['DPoP alone', SLICE, { bearer_methods_supported: [], ...dpop, dpop_bound_access_tokens_required: true, tls_client_certificate_bound_access_tokens: false }],
  [
    'certificates alone',
    { ...SLICE, routes: [{ ...ROUTE!, bindings: ['mtls' as const] }] },
    { bearer_methods_supported: ['header'], dpop_bound_access_tokens_required: false, tls_client_certificate_bound_access_tokens: true },
  ],
  [
    'either',
    { ...SLICE, routes: [{ ...ROUTE!, bindings: ['dpop' as const, 'mtls' as const] }] },
    { bearer_methods_supported: ['header'], ...dpop, dpop_bound_access_tokens_required: false, tls_client_certificate_bound_access_tokens: true },
  ],
  [
    'a waiver for bearer tokens',
    { ...SLICE, waivers: [WAIVER] },
    { bearer_methods_supported: ['header'], ...dpop, dpop_bound_access_tokens_required: false, tls_client_certificate_bound_access_tokens: false },
  ],
])('%s: the metadata say what is accepted, and no more', (_, slice, expected) => {
  expect(resourceMetadataOf(slice, 'https://api.test')).toEqual({
    resource: 'https://api.test',
    authorization_servers: ['https://id.test'],
    ...expected,
  })
})

test.each([
  ['https://api.test', 'https://api.test/.well-known/oauth-protected-resource', 'https://api.test'],
  ['https://api.test/', 'https://api.test/.well-known/oauth-protected-resource', 'https://api.test'],
  ['https://api.test:8443/v1', 'https://api.test:8443/.well-known/oauth-protected-resource/v1', 'https://api.test:8443/v1'],
  ['https://api.test/v1/', 'https://api.test/.well-known/oauth-protected-resource/v1/', 'https://api.test/v1/'],
])('%s: the well-known part stands before the path, and the resource is what clients made the URL of', (base, url, resource) => {
  expect([resourceMetadataUrl(base), resourceMetadataOf(SLICE, base).resource]).toEqual([url, resource])
})

const CHALLENGED = { verdict: 'deny', code: 'token.expired', fault: 'caller' } as const

test('a verifier that serves them names them in its challenges, under its first base', () => {
  const { verifier } = sample({ resourceMetadata: true, change: { bases: ['https://api.test', 'https://api.example', 'https://api.test/v1'] } })
  const served = ['', '/v1', '/v2'].map((path) => verifier.resourceMetadata(`/.well-known/oauth-protected-resource${path}`))
  expect(served.map((document) => document && (JSON.parse(document) as { resource: string }).resource)).toEqual([
    'https://api.test',
    'https://api.test/v1',
    undefined,
  ])
  const challenge = verifier.refusal(CHALLENGED).fields.find(([name]) => name === 'WWW-Authenticate')?.[1]
  expect(challenge).toContain('resource_metadata="https://api.test/.well-known/oauth-protected-resource"')
})

test('one that does not serve them names none', () => {
  const { verifier } = sample()
  expect(verifier.resourceMetadata('/.well-known/oauth-protected-resource')).toBeUndefined()
  expect(JSON.stringify(verifier.refusal(CHALLENGED))).not.toContain('resource_metadata')
})
