import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDecisionService, createTerminator, gatewayConfig, type DecisionService } from '@everyhop/gateway'
import { findNginx, startNginx } from '@everyhop/gateway/nginx-process'
import { createMemoryReplayStore, readSlice } from '@everyhop/verifier'
import type { Edit } from './manifest-file.js'
import type { Stand } from './stand.js'

/** What ends TLS at the edge: a real nginx, or the own hop on a machine that has none. */
export type Front = 'nginx' | 'own hop'

export const frontHere = (): Front => (findNginx() === undefined ? 'own hop' : 'nginx')

export type Edge = {
  readonly front: Front
  /** Absent on the own hop, which decides in its own process. */
  readonly service?: DecisionService
}

/** An edge with the product's decision service and the configuration that it generates; `edit` breaks that by hand. */
export async function startEdge(stand: Stand, edit: Edit = (config) => config): Promise<Edge> {
  const { life, dir, ports, pki, edgeKeys, sliceKeys } = stand
  const slice = readSlice(stand.slice('edge'), sliceKeys.publicKey)
  const deciding = { slice, key: edgeKeys.privateKey, replay: createMemoryReplayStore({ since: 'always' }) }
  if (findNginx() === undefined) {
    const [certificate, key] = await Promise.all([readFile(pki.certificate, 'utf8'), readFile(pki.certificateKey, 'utf8')])
    const terminator = await createTerminator({ ...deciding, tls: { certificate, key }, port: ports.edge })
    life.onStop(() => terminator.close(0))
    await terminator.ready()
    return { front: 'own hop' }
  }
  const service = await createDecisionService({ ...deciding, socket: join(dir, 'decide', 'sock') })
  life.onStop(() => service.close(0))
  await service.ready()
  const home = join(dir, 'nginx')
  const [main] = gatewayConfig('nginx', slice.slice, {
    socket: service.socket,
    certificate: pki.certificate,
    certificateKey: pki.certificateKey,
    clientCa: pki.ca,
    listen: `127.0.0.1:${ports.edge}`,
    standalone: { dir: home },
  })
  const nginx = await startNginx({ config: edit(main!.text), dir: home })
  life.onStop(() => nginx.stop())
  return { front: 'nginx', service }
}
