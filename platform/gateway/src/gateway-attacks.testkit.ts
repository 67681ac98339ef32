import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { sha256, thumbprintOf } from '@everyhop/proof'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import type { Edge } from './gateway-contract.testkit.js'
import {
  BASE,
  credentials,
  FORGED,
  forgedValues,
  issuerFetch,
  KEYS,
  ordersSlice,
  proofFor,
  send,
  tokenFor,
  valuesOf,
  type Received,
} from './gateway.testkit.js'
import { REMOVAL_DIGEST } from './sensitive-fields.js'

/** Undefined where the edge holds; otherwise what broke, in a few words. */
type Attack = (edge: Edge) => Promise<string | undefined>

const receivedBy = (edge: Edge): readonly Received[] => edge.orders.received
const arrived = (edge: Edge): string | undefined => (receivedBy(edge).length > 0 ? 'it arrived' : undefined)

/** Whether the application, with a verifier of its own, takes what arrived. */
async function believed({ method, url, rawHeaders }: Received): Promise<string | undefined> {
  const hosts = valuesOf(rawHeaders, 'host')
  if (hosts.join() !== 'orders.internal:8080') return `it came for ${hosts.join()}`
  const verifier = createVerifier({ slice: ordersSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
  const decision = await verifier.verify(evidenceFrom({ method, target: url, rawHeaders }))
  return decision.verdict === 'allow' ? undefined : `the application answers ${decision.code}`
}

const PATHS = ['/orders/a%2Fb?x=%2F&y', '/orders/%7Eme', '/orders/a/b?c=%20d%2526']

/** Spellings that some product or application takes for the listed name. None is believed in by the decision, so none may arrive. */
const SPELLED = ['X_Original_URL', 'x_forwarded_host', 'X-ORIGINAL-URL', 'X_SSL_Client_Cert', 'Client_Cert', 'REMOTE_USER', 'x-USER']

/** What a gateway's configuration promises, each with the attack that shows it broken. */
export const GATEWAY_ATTACKS = {
  'an honest request arrives, as the application confirms': async (edge) => {
    const { status } = await send(edge.port, 'GET', '/orders/1', credentials())
    const [got] = receivedBy(edge)
    return got ? believed(got) : `answered ${status}`
  },

  'an honest request with a certificate arrives, as the application confirms': async (edge) => {
    const { cert, key, der } = edge.pki.client
    const { status } = await send(edge.port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`], { cert, key })
    const [got] = receivedBy(edge)
    return got ? believed(got) : `answered ${status}`
  },

  'a token without its proof is refused': async (edge) => {
    await send(edge.port, 'GET', '/orders/1', ['Authorization', `DPoP ${tokenFor()}`])
    return arrived(edge)
  },

  /** Whatever was decided for its owner, and wherever somebody made an exception. */
  'no path is an exception': async (edge) => {
    const token = tokenFor()
    await send(edge.port, 'GET', '/orders/1', ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token)])
    const before = receivedBy(edge).length
    for (const path of ['/orders/1', '/orders/public/1', '/public/1']) await send(edge.port, 'GET', path, ['Authorization', `DPoP ${token}`])
    return receivedBy(edge).length > before ? 'a stolen token arrived' : undefined
  },

  'a proof of another method is refused': async (edge) => {
    await send(edge.port, 'DELETE', '/orders/1', credentials())
    return arrived(edge)
  },

  'a proof of another path is refused': async (edge) => {
    await send(edge.port, 'GET', '/orders/2', credentials())
    return arrived(edge)
  },

  'two proofs are refused': async (edge) => {
    const token = tokenFor({ jkt: thumbprintOf(KEYS.client.publicKey) })
    await send(edge.port, 'GET', '/orders/1', ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token), 'dpop', proofFor(token)])
    return arrived(edge)
  },

  'a certificate that a client claims is none': async (edge) => {
    const { der } = edge.pki.client
    const base64 = der.toString('base64')
    const claimed = ['Client-Cert', `:${base64}:`, 'X-SSL-Client-Cert', base64, 'Everyhop-Cert', base64, 'Everyhop-Cert-Verify', 'SUCCESS']
    await send(edge.port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`, ...claimed])
    return arrived(edge)
  },

  'a certificate of an unknown CA is none': async (edge) => {
    const { cert, key, der } = edge.pki.stranger
    const bound = ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`]
    await send(edge.port, 'GET', '/orders/1', bound, { cert, key }).catch(() => undefined)
    return arrived(edge)
  },

  'what a client forges does not arrive': async (edge) => {
    await send(edge.port, 'GET', '/orders/1', [...credentials(), ...FORGED])
    for (let at = 0; at < FORGED.length; at += 2) await send(edge.port, 'GET', '/orders/1', [...credentials(), ...FORGED.slice(at, at + 2)])
    return receivedBy(edge).some(({ rawHeaders }) => forgedValues(rawHeaders).length > 0) ? 'a forged field arrived' : undefined
  },

  'nor in another spelling': async (edge) => {
    for (const name of SPELLED) await send(edge.port, 'GET', '/orders/1', [...credentials(), name, 'forged'])
    return receivedBy(edge).some(({ rawHeaders }) => rawHeaders.includes('forged')) ? 'a forged field arrived' : undefined
  },

  'a proof that Connection lists arrives nevertheless': async (edge) => {
    await send(edge.port, 'GET', '/orders/1', [...credentials(), 'Connection', 'close, DPoP, Authorization'])
    const [got] = receivedBy(edge)
    if (!got) return 'refused'
    return valuesOf(got.rawHeaders, 'connection').some((value) => /dpop/i.test(value)) ? 'the next hop would drop the proof' : believed(got)
  },

  'a path arrives byte for byte': async (edge) => {
    for (const path of PATHS) {
      const htu = BASE + path.replace(/\?.*/, '')
      const { status } = await send(edge.port, 'GET', path, credentials({ htu }))
      const got = receivedBy(edge).at(-1)
      if (got?.url !== path) return `${path}: ${got ? `arrived as ${got.url}` : `answered ${status}`}`
    }
    return undefined
  },

  'a proof is sent once, even where the application dies under it': async (edge) => {
    // A connection that is kept can be the one that dies.
    await send(edge.port, 'GET', '/orders/1', credentials())
    edge.orders.received.length = 0
    edge.orders.handle = (request) => request.socket.destroy()
    await send(edge.port, 'GET', '/orders/1', credentials()).catch(() => undefined)
    edge.orders.handle = undefined
    return receivedBy(edge).length > 1 ? `it arrived ${receivedBy(edge).length} times` : undefined
  },

  'nothing but a WebSocket leaves HTTP': async (edge) => {
    const [, authorization, , dpop] = credentials()
    const lines = ['GET /orders/1 HTTP/1.1', 'Host: api.test', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
    await raw(edge.port, [...lines, `Authorization: ${authorization}`, `DPoP: ${dpop}`, '', ''].join('\r\n'))
    const got = [...edge.orders.upgraded, ...receivedBy(edge)]
    return got.some(({ rawHeaders }) => valuesOf(rawHeaders, 'upgrade').length > 0) ? 'the application could answer h2c' : undefined
  },

  'what came in early data is refused': async (edge) => {
    await send(edge.port, 'GET', '/orders/1', [...credentials(), 'Early-Data', '1'])
    return arrived(edge)
  },

  'the exact refusal reaches the client': async (edge) => {
    const answer = await send(edge.port, 'GET', '/orders/1', [])
    const challenges = valuesOf(answer.rawHeaders, 'www-authenticate').join(', ')
    return answer.status === 401 && challenges === 'DPoP algs="ES256", Bearer' && answer.body.includes('"request.uncredentialed"')
      ? undefined
      : 'another refusal'
  },

  "the application's own challenge reaches the client": async (edge) => {
    const { answer } = edge.orders
    edge.orders.answer = (response) => response.writeHead(401, ['WWW-Authenticate', 'DPoP', 'DPoP-Nonce', 'n']).end('mine')
    const { status, rawHeaders, body } = await send(edge.port, 'GET', '/orders/1', credentials())
    edge.orders.answer = answer
    return status === 401 && body === 'mine' && valuesOf(rawHeaders, 'dpop-nonce')[0] === 'n' ? undefined : `answered ${status}`
  },

  /** Who has it could use it in the place of the hop. */
  'an attestation is given to no client': async (edge) => {
    const { answer } = edge.orders
    edge.orders.answer = (response) => response.writeHead(200, { 'X-Accel-Redirect': '/__everyhop/decide' }).end()
    const { rawHeaders } = await send(edge.port, 'GET', '/orders/1', credentials())
    edge.orders.answer = answer
    return valuesOf(rawHeaders, 'signature').length > 0 ? 'it came with an answer' : undefined
  },

  'no proof is logged': async (edge) => {
    const fields = credentials()
    await send(edge.port, 'GET', '/orders/1', fields)
    const said = (): string => edge.gateway.said?.() ?? ''
    for (let tries = 0; !said().includes('/orders/1') && tries < 20; tries++) await sleep(25)
    return said().includes(fields[3]!) ? 'a proof is in its log' : undefined
  },

  'a client cannot ask the service that signs': async (edge) => {
    const question = ['Everyhop-Method', 'GET', 'Everyhop-Target', '/orders/1', 'Everyhop-Request', 'a'.repeat(32), 'Everyhop-Removes', REMOVAL_DIGEST]
    for (const [method, path] of [
      ['GET', '/check'],
      ['POST', '/check'],
      ['POST', '/decide'],
    ] as const) {
      const answer = await send(edge.port, method, path, [...credentials(), ...question])
      if (valuesOf(answer.rawHeaders, 'signature').length > 0) return 'it signed for a client'
    }
    return undefined
  },

  'without a decision nothing arrives': async (edge) => {
    await edge.service.close(50)
    await send(edge.port, 'GET', '/orders/1', credentials())
    for (const says of ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'garbage\r\n\r\n']) {
      const stand = createServer(
        (socket) =>
          void socket
            .on('error', () => undefined)
            .resume()
            .end(says),
      )
      await rm(edge.socket, { force: true })
      await new Promise<void>((resolve) => stand.listen(edge.socket, resolve))
      await send(edge.port, 'GET', '/orders/1', credentials())
      await new Promise((resolve) => stand.close(resolve))
    }
    edge.service = await edge.serve()
    return arrived(edge)
  },
} as const satisfies Record<string, Attack>

export type GatewayPromise = keyof typeof GATEWAY_ATTACKS

/** Runs one attack on an edge whose application has seen nothing yet. */
export async function attack(edge: Edge, promise: GatewayPromise): Promise<string | undefined> {
  edge.orders.received.length = 0
  edge.orders.upgraded.length = 0
  return GATEWAY_ATTACKS[promise](edge)
}

/** Sends these bytes and reads until the other side is done, or has begun to answer. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: 'api.test', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => resolve('')).on('close', () => resolve(''))
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString())
      socket.destroy()
    })
    socket.write(bytes)
  })
}
