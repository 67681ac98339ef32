import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayConfig } from '@everyhop/gateway'
import { startNginx } from '@everyhop/gateway/processes'
import { selfSigned } from './certificate.mjs'
import { slice } from './everyhop.mjs'
import { freePort } from './free-port.mjs'
import { start } from './measures/child.mjs'

/** @typedef {'passthrough' | 'attested'} Mode */

/** What `everyhop compile` gives an edge before the application of the bench.
 * @param {Mode} mode
 * @param {import('./world.mjs').Client} hop whose key signs
 * @returns {import('@everyhop/chain').Slice} */
export function edgeSlice(mode, { jwk }) {
  const { neighbours: _, ...application } = slice()
  return {
    ...application,
    hop: 'edge',
    kind: 'nginx',
    replayAuthority: false,
    routes: application.routes.map((route) => ({ ...route, bindings: ['dpop'], next: 'orders' })),
    neighbours: [],
    next: { mode, hops: [{ hop: 'orders', authority: 'orders.internal' }] },
    keys: [jwk],
  }
}

/**
 * A real nginx as it is configured for `edge`, before an application that is nginx itself, with its decision service in a process of its
 * own; `isBlind` has a service there that answers 204 without looking.
 * @param {import('./world.mjs').World} world
 * @param {{ mode: Mode, hop: import('./world.mjs').Client, isBlind: boolean, dir: string }} set
 */
export async function startGateway(world, { mode, hop, isBlind, dir }) {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const [port, application] = [await freePort(), await freePort()]
  const socket = join(dir, 'decide.sock')
  const files = { certificate: join(dir, 'api.pem'), certificateKey: join(dir, 'api.key') }
  await writeFile(files.certificate, pem('CERTIFICATE', selfSigned('api.bench.test', hop)))
  await writeFile(files.certificateKey, hop.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  const edge = edgeSlice(mode, hop)
  const [main] = gatewayConfig('nginx', edge, {
    ...files,
    socket,
    listen: `127.0.0.1:${port}`,
    upstreams: { orders: `127.0.0.1:${application}` },
    standalone: { dir: join(dir, 'nginx') },
  })
  if (main === undefined) throw new Error('there is no configuration for nginx')
  const answering = `server { listen 127.0.0.1:${application}; location / { return 200 ok; } }`
  const config = main.text.replace(/\}\s*$/, `    ${answering}\n}\n`)

  const key = hop.privateKey.export({ format: 'jwk' })
  const service = await startService({ socket, jwks: world.jwks, key, ...(isBlind ? {} : { slice: edge }) })
  const nginx = await startNginx({ config, dir: join(dir, 'nginx') })
  return {
    port,
    cpu: service.cpu,
    close: async () => {
      await nginx.stop()
      service.end()
    },
  }
}

/** @param {unknown} set */
async function startService(set) {
  const child = start('./decision.child.mjs', [JSON.stringify(set)])
  /** @returns {Promise<any>} */
  const told = () =>
    new Promise((resolve, reject) => {
      const hasEnded = () => reject(new Error('the decision service ended'))
      child.once('exit', hasEnded)
      child.once('message', (message) => {
        child.off('exit', hasEnded)
        resolve(message)
      })
    })
  await told()
  return {
    /** Microseconds of CPU until now. */
    cpu: async () => {
      child.send('cpu')
      const { user, system } = await told()
      return Number(user + system)
    },
    end: () => child.disconnect(),
  }
}

/** @param {string} label
 * @param {Buffer} der */
export const pem = (label, der) => `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
