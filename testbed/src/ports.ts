import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

/**
 * Ports of 127.0.0.1 that were free a moment ago. All are held until all are known, so that none comes twice;
 * a manifest must name them before the servers that use them exist.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map(portOf))
  await Promise.all(
    servers.map(async (server) => {
      server.close()
      await once(server, 'close')
    }),
  )
  return ports
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
