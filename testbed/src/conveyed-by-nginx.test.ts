import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, request as tlsRequest, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNginx, startNginx, type NginxProcess } from '@everyhop/gateway/processes'
import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/node'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needsNginx } from './needs-nginx.testkit.js'
import { createPki, type Pki } from './pki.js'
import { freePorts } from './ports.js'

/**
 * A real nginx ends the clients' TLS, proves itself to the application with a certificate of its own, and hands on the client's.
 * Clients, and whoever goes around nginx, send the same field.
 */

const FIELD = 'X-SSL-Client-Cert'
const BASE = 'https://api.test'
const ISSUER = 'https://id.test'

type Identity = { readonly cert: Buffer; readonly key: Buffer }

let dir: string
let nginx: NginxProcess | undefined
let app: Server
let ports: { readonly edge: number; readonly app: number }
let shop: Identity
let other: Identity
let token: (bound: Identity) => Promise<string>

const identityIn = async (files: { readonly certificate: string; readonly key: string }): Promise<Identity> => ({
  cert: await readFile(files.certificate),
  key: await readFile(files.key),
})
const thumbprint = ({ cert }: Identity): string => createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')
const escaped = ({ cert }: Identity): string => encodeURIComponent(cert.toString())

beforeEach(needsNginx)
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eh-'))
  const pki = await createPki(dir)
  const [edge, inner] = (await freePorts(2)) as [number, number]
  ports = { edge, app: inner }
  const proxyFiles = await pki.client('proxy')
  shop = await identityIn(await pki.client('shop'))
  other = await identityIn(await pki.client('other'))

  const issuer = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(issuer.publicKey)), kid: '1', alg: 'ES256' }] }
  token = (bound) =>
    new SignJWT({ client_id: 'shop', cnf: { 'x5t#S256': thumbprint(bound) } })
      .setProtectedHeader({ typ: 'at+jwt', alg: 'ES256', kid: '1' })
      .setIssuer(ISSUER)
      .setSubject('shop')
      .setAudience(BASE)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(issuer.privateKey)

  const check = guard({
    base: BASE,
    issuer: [{ url: ISSUER, jwksUri: `${ISSUER}/jwks` }],
    audience: BASE,
    routes: [{ path: '/**', bindings: ['mtls'] }],
    terminators: [{ certificates: [thumbprint(await identityIn(proxyFiles))], field: FIELD, format: 'escaped-pem' }],
    replay: createMemoryReplayStore(),
    singleInstance: true,
    fetch: () => Promise.resolve({ ok: true, status: 200, body: [Buffer.from(JSON.stringify(jwks))] } as never),
  })
  const server = { cert: await readFile(pki.certificate), key: await readFile(pki.certificateKey) }
  app = createServer({ ...server, requestCert: true, rejectUnauthorized: false }, (incoming, outgoing) => {
    void check(incoming, outgoing).then((mayPass) => mayPass && outgoing.end(JSON.stringify({ x5t: incoming.proof?.x5t })))
  })
  await new Promise<void>((resolve) => app.listen(ports.app, '127.0.0.1', resolve))
  if (findNginx() !== undefined) nginx = await startNginx({ config: conveying(dir, pki, proxyFiles), dir: join(dir, 'nginx') })
})
afterAll(async () => {
  await nginx?.stop()
  app.close()
  await rm(dir, { recursive: true, force: true })
})

const conveying = (home: string, pki: Pki, proxy: { readonly certificate: string; readonly key: string }): string => `daemon off;
worker_processes 1;
pid ${home}/nginx/nginx.pid;
error_log ${home}/nginx/error.log notice;
events { worker_connections 64; }
http {
    client_body_temp_path ${home}/nginx/client_body_temp;
    proxy_temp_path ${home}/nginx/proxy_temp;
    fastcgi_temp_path ${home}/nginx/fastcgi_temp;
    uwsgi_temp_path ${home}/nginx/uwsgi_temp;
    scgi_temp_path ${home}/nginx/scgi_temp;
    access_log off;
    server {
        listen 127.0.0.1:${ports.edge} ssl;
        ssl_certificate ${pki.certificate};
        ssl_certificate_key ${pki.certificateKey};
        ssl_client_certificate ${pki.ca};
        ssl_verify_client optional;
        location / {
            proxy_pass https://127.0.0.1:${ports.app};
            proxy_ssl_certificate ${proxy.certificate};
            proxy_ssl_certificate_key ${proxy.key};
            proxy_set_header ${FIELD} $ssl_client_escaped_cert;
        }
    }
}
`

type Call = { readonly port: number; readonly bound: Identity; readonly as?: Identity; readonly fields?: Readonly<Record<string, string>> }

/** What the application knows of the client's certificate, or the code of its refusal. */
async function call({ port, bound, as, fields = {} }: Call): Promise<unknown> {
  const headers = { Authorization: `Bearer ${await token(bound)}`, ...fields }
  const options = { host: '127.0.0.1', port, path: '/orders', headers, agent: false as const, rejectUnauthorized: false, ...as }
  const text = await new Promise<string>((resolve, reject) => {
    tlsRequest(options, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve(body))
    })
      .on('error', reject)
      .end()
  })
  const { x5t, code } = JSON.parse(text) as { readonly x5t?: string; readonly code?: string }
  return x5t ?? code
}

test('the certificate that the client showed to nginx is the one that its token is bound to', async () => {
  expect(await call({ port: ports.edge, bound: shop, as: shop })).toBe(thumbprint(shop))
})

test('a stolen token: another certificate, or none, at nginx', async () => {
  expect(await call({ port: ports.edge, bound: shop, as: other })).toBe('token.other-certificate')
  expect(await call({ port: ports.edge, bound: shop })).toBe('token.no-certificate')
})

test('the field that a client sends along is nginx’s to overwrite or to remove', async () => {
  const fields = { [FIELD]: escaped(shop) }
  expect(await call({ port: ports.edge, bound: shop, as: other, fields })).toBe('token.other-certificate')
  expect(await call({ port: ports.edge, bound: shop, fields })).toBe('token.no-certificate')
})

test('around nginx the field counts for nothing, with a certificate of one’s own or without', async () => {
  const fields = { [FIELD]: escaped(shop) }
  expect(await call({ port: ports.app, bound: shop, as: other, fields })).toBe('path.stray')
  expect(await call({ port: ports.app, bound: shop, fields })).toBe('path.stray')
})
