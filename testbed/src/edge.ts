import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDecisionService, createProxy, gatewayConfig, type DecisionService } from '@everyhop/gateway'
import { findNginx, startNginx } from '@everyhop/gateway/processes'
import { createMemoryReplayStore, readSlice } from '@everyhop/verifier'
import type { Edit, Place } from './manifest-file.js'
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
export const startEdge = (stand: Stand, edit?: Edit): Promise<Edge> =>
  findNginx() === undefined ? startOwnHop(stand, 'edge', 'edge') : startNginxHop(stand, { hop: 'edge', place: 'edge', ...(edit && { edit }) })

const deciding = ({ slice, sliceKeys, hopKeys }: Stand, hop: string) => ({
  slice: readSlice(slice(hop), sliceKeys.publicKey),
  key: hopKeys(hop).privateKey,
  replay: createMemoryReplayStore({ since: 'always' }),
})

/** The own hop: it decides, signs and forwards in one process. */
export async function startOwnHop(stand: Stand, hop: string, place: Place): Promise<Edge> {
  const { life, ports, pki } = stand
  const [certificate, key] = await Promise.all([readFile(pki.certificate, 'utf8'), readFile(pki.certificateKey, 'utf8')])
  const proxy = await createProxy({ ...deciding(stand, hop), tls: { servers: [{ certificate, key }] }, port: ports[place] })
  life.onStop(() => proxy.close(0))
  await proxy.ready()
  return { front: 'own hop' }
}

export type NginxHop = { readonly hop: string; readonly place: Place; readonly edit?: Edit }

/** A real nginx with a decision service of its own. */
export async function startNginxHop(stand: Stand, { hop, place, edit = (config) => config }: NginxHop): Promise<Edge> {
  const { life, dir, ports, pki } = stand
  const decides = deciding(stand, hop)
  const socket = join(dir, 'decide', hop)
  const service = await createDecisionService({ ...decides, socket })
  life.onStop(() => service.close(0))
  await service.ready()
  const home = join(dir, `nginx-${hop}`)
  const [main] = gatewayConfig('nginx', decides.slice.slice, {
    socket,
    certificate: pki.certificate,
    certificateKey: pki.certificateKey,
    clientCa: pki.ca,
    upstreamCa: pki.ca,
    listen: `127.0.0.1:${ports[place]}`,
    standalone: { dir: home },
  })
  const nginx = await startNginx({ config: edit(main!.text), dir: home })
  life.onStop(() => nginx.stop())
  return { front: 'nginx', service }
}
