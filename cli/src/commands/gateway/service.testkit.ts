import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Slice } from '@everyhop/chain'
import { signSlice } from '@everyhop/manifest'
import { createKeyPair, sha256, signCompact, thumbprintOf } from '@everyhop/proof'

/** The decision service as people run it, in processes of its own, with an issuer whose keys it fetches. */

const BIN = fileURLToPath(new URL('../../../bin/everyhop.js', import.meta.url))
const BASE = 'https://api.test'
const pair = () => createKeyPair('ec', { namedCurve: 'P-256' })
const now = (): number => Math.floor(Date.now() / 1000)

export const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, y: y! }
}

export type Asked = { readonly status: number; readonly fields: Readonly<Record<string, string | string[] | undefined>>; readonly body: string }

export async function world() {
  const dir = await mkdtemp(join(tmpdir(), 'eh-run-'))
  const [issuer, client, hop] = [pair(), pair(), pair()]
  const signing = createKeyPair('ed25519')
  const keys = createServer((_, response) => response.end(JSON.stringify({ keys: [{ ...jwkOf(issuer.publicKey), kid: 'k1', alg: 'ES256', use: 'sig' }] })))
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`
  const files = { slice: join(dir, 'edge.slice'), sliceKey: join(dir, 'slices.pub.json'), key: join(dir, 'edge'), socket: join(dir, 'run', 'decide.sock') }

  const slice = (changes: Partial<Slice> = {}): Slice => ({
    version: 1,
    chain: 'orders',
    environment: 'default',
    production: false,
    manifest: 'm',
    hop: 'edge',
    kind: 'nginx',
    authority: 'api.test',
    bases: [BASE],
    replayAuthority: true,
    issuers: [{ url, algs: ['ES256'], typ: ['at+jwt'], jwksUri: `${url}/jwks` }],
    proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 600 },
    routes: [{ pattern: '/orders/**', clients: ['shop'], bindings: ['dpop'], audience: [BASE], via: [[]], mode: 'direct', next: 'orders', body: 'uncovered' }],
    neighbours: [],
    next: { mode: 'attested', hops: [{ hop: 'orders', authority: 'orders.internal:8080' }] },
    keys: [jwkOf(hop.publicKey)],
    waivers: [],
    ...changes,
  })
  const writeSlice = (text: string | Slice): Promise<void> => writeFile(files.slice, typeof text === 'string' ? text : signSlice(text, signing.privateKey))
  await writeSlice(slice())
  await writeFile(files.sliceKey, JSON.stringify(signing.publicKey.export({ format: 'jwk' })))
  await writeFile(files.key, JSON.stringify(hop.privateKey.export({ format: 'jwk' })), { mode: 0o600 })

  /** What a gateway asks for a new request of an honest client. */
  function question(id: string = randomUUID()): string[] {
    const token = signCompact(
      { typ: 'at+jwt', kid: 'k1' },
      { iss: url, sub: 'shop', aud: BASE, client_id: 'shop', jti: randomUUID(), iat: now(), exp: now() + 300, cnf: { jkt: thumbprintOf(client.publicKey) } },
      issuer.privateKey,
    )
    const proof = signCompact(
      { typ: 'dpop+jwt', jwk: jwkOf(client.publicKey) },
      { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: sha256(token) },
      client.privateKey,
    )
    return ['Everyhop-Method', 'GET', 'Everyhop-Target', '/orders/1', 'Everyhop-Request', id, 'Authorization', `DPoP ${token}`, 'DPoP', proof]
  }

  return {
    dir,
    files,
    slice,
    writeSlice,
    question,
    close: async () => {
      keys.closeAllConnections()
      await new Promise((resolve) => keys.close(resolve))
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** On a connection of its own, as a gateway's worker may. */
export function ask(where: string | RequestOptions, path: string, fields: readonly string[] = [], method = 'GET'): Promise<Asked> {
  const channel: RequestOptions = typeof where === 'string' ? { socketPath: where } : where
  return new Promise((resolve, reject) => {
    const headers = ['Host', 'decision', ...fields, 'Connection', 'close', ...(method === 'POST' ? ['Content-Length', '0'] : [])]
    const sent = httpRequest({ ...channel, method, path, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, fields: response.headers, body }))
    })
    sent.once('error', reject)
    sent.end()
  })
}

export type Running = {
  readonly child: ChildProcess
  readonly said: () => string
  /** Resolves once it has said that. */
  readonly says: (text: string) => Promise<void>
  readonly ended: Promise<number | null>
}

export function everyhop(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let said = ''
  const listeners = new Set<() => void>()
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    for (const listener of listeners) listener()
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', (status) => resolve(status)))
  return {
    child,
    said: () => said,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!said.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        void ended.then(() => reject(new Error(`it ended without saying ${text}: ${said}`)))
        look()
      }),
  }
}
