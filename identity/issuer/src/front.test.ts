import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { ConfigError, createIssuer } from './index.js'
import { ask, askBound, chainAt, holder, part, proof, stand, type Stand } from './issuer.testkit.js'

const using = async (start: Promise<Stand>, run: (at: Stand) => Promise<void>) => {
  const at = await start
  try {
    await run(at)
  } finally {
    await at.issuer.close()
  }
}
const json = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>

test('metadata: both places, the same, and only what is served', () =>
  using(stand(), async ({ url }) => {
    const found = await json(`${url}/.well-known/oauth-authorization-server`)
    expect(await json(`${url}/.well-known/openid-configuration`)).toEqual(found)
    expect(found).toMatchObject({
      issuer: url,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks`,
      revocation_endpoint: `${url}/revoke`,
      grant_types_supported: ['client_credentials'],
      dpop_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
    expect(found['authorization_endpoint']).toBeUndefined()
  }))

test('an issuer with a path: RFC 8414 metadata before it, endpoints under it', () =>
  using(stand({}, { path: '/tenant' }), async (at) => {
    const { origin } = new URL(at.url)
    expect(await json(`${origin}/.well-known/oauth-authorization-server/tenant`)).toMatchObject({ issuer: at.url, token_endpoint: `${at.url}/token` })
    expect((await askBound(at)).status).toBe(200)
    expect((await fetch(`${origin}/token`, { method: 'POST' })).status).toBe(404)
  }))

test('accepted proof algorithms are those of the policy', () =>
  using(stand({ policy: { proofAlgs: ['EdDSA'] } }), async (at) => {
    expect((await json(`${at.url}/.well-known/oauth-authorization-server`))['dpop_signing_alg_values_supported']).toEqual(['EdDSA'])
    expect((await askBound(at)).body['error']).toBe('invalid_dpop_proof')
  }))

test('everything else is 404, other methods 405, with security headers', () =>
  using(stand(), async ({ url }) => {
    for (const path of [
      '/',
      '/auth',
      '/me',
      '/reg',
      '/request',
      '/session/end',
      '/token/introspection',
      '/token/revocation',
      '/interaction/x',
      '/token/',
      '/%74oken',
    ]) {
      expect([path, (await fetch(url + path)).status, (await fetch(url + path, { method: 'POST' })).status]).toEqual([path, 404, 404])
    }
    for (const path of ['/token', '/revoke']) expect((await fetch(url + path)).status).toBe(405)
    expect((await fetch(`${url}/jwks`, { method: 'POST' })).status).toBe(405)
    const { headers } = await fetch(`${url}/token`, { method: 'POST' })
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('access-control-allow-origin')).toBeNull()
  }))

test('errors are JSON, also for a browser', () =>
  using(stand(), async ({ url }) => {
    const response = await fetch(`${url}/token`, { method: 'POST', headers: { Accept: 'text/html' }, body: new URLSearchParams({ grant_type: '<b>x' }) })
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(await response.text()).not.toContain('<b>')
  }))

test('a body beyond the limit is refused, declared or not', () =>
  using(stand(), async ({ url, issuer }) => {
    expect((await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams({ x: 'a'.repeat(60_000) }) })).status).toBe(413)
    const status = await new Promise<string>((resolve) => {
      const socket = connect(issuer.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.once('data', (data) => resolve(String(data).slice(9, 12)))
      socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let i = 0; i < 8; i++) socket.write(`2000\r\n${'a'.repeat(0x2000)}\r\n`)
    })
    expect(status).toBe('400')
  }))

test('nonces: asked for by name, accepted once given, a foreign one refused', () =>
  using(stand({}, { nonceSecret: new Uint8Array(32).fill(7) }), async (at) => {
    const make = (nonce?: string) => proof(at.keys.get('shop')!, `${at.url}/token`, nonce === undefined ? {} : { nonce })
    const first = await ask(at, { dpop: await make() })
    expect([first.status, first.body['error']]).toEqual([400, 'use_dpop_nonce'])
    const nonce = first.headers.get('dpop-nonce')
    expect(nonce).toBeTruthy()
    expect((await ask(at, { dpop: await make(nonce!) })).status).toBe(200)
    expect((await ask(at, { dpop: await make('foreign') })).body['error']).toBe('use_dpop_nonce')
  }))

for (const alg of ['EdDSA', 'RS256'] as const) {
  test(`tokens by ${alg} where the chain declares it`, () =>
    using(stand({ algs: [alg] }), async (at) => {
      expect(part((await askBound(at)).body['access_token'], 0)['alg']).toBe(alg)
      expect(((await json(`${at.url}/jwks`))['keys'] as { alg: string }[]).map((key) => key.alg)).toEqual([alg])
    }))
}

test('rotation: the first private key signs, every key is published, no private member is', async () => {
  const [current, previous] = await Promise.all([privateJwk(), privateJwk()])
  const { kty, crv, x, y } = previous
  await using(
    stand(
      {},
      {
        keys: [
          { kty, crv, x, y, kid: 'previous' },
          { ...current, kid: 'current' },
        ],
      },
    ),
    async (at) => {
      const keys = (await json(`${at.url}/jwks`))['keys'] as Record<string, unknown>[]
      expect(keys.map(({ kid }) => kid)).toEqual(['previous', 'current'])
      expect(keys.some((key) => 'd' in key)).toBe(false)
      expect(part((await askBound(at)).body['access_token'], 0)['kid']).toBe('current')
    },
  )
})

const MISTAKES: Readonly<Record<string, () => Promise<unknown>>> = {
  'config.client': async () =>
    createIssuer({ chain: chainAt('http://127.0.0.1:1'), clients: [{ clientId: 'nobody', jwks: { keys: [(await holder()).jwk] } }], port: 0 }),
  'config.client-keys': async () =>
    createIssuer({ chain: chainAt('http://127.0.0.1:1'), clients: [{ clientId: 'shop', jwks: { keys: [await privateJwk()] } }], port: 0 }),
  'config.keys': async () => createIssuer({ chain: chainAt('http://127.0.0.1:1'), clients: [], keys: [(await holder()).jwk], port: 0 }),
  'config.nonce-secret': async () => createIssuer({ chain: chainAt('http://127.0.0.1:1'), clients: [], nonceSecret: new Uint8Array(16), port: 0 }),
}
for (const [code, start] of Object.entries(MISTAKES)) {
  test(`start-up refuses: ${code}`, async () => {
    const error = await start().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code })
  })
}

async function privateJwk() {
  const { exportJWK } = await import('jose')
  const { key } = await holder()
  return (await exportJWK(key)) as { kty: string; crv: string; x: string; y: string; d: string }
}
