import { readFile } from 'node:fs/promises'
import { createProxy } from '@everyhop/gateway'
import type { Command } from 'commander'
import { collect, guarded, live, readHop, readPort, withHop, type HopOptions } from './hop.js'

type ProxyOptions = HopOptions & {
  readonly certificate: string
  readonly certificateKey: string
  readonly clientCa?: string
  readonly host: string
  readonly port: number
  readonly upstream?: Readonly<Record<string, string>>
}

export function addProxy(gateway: Command): void {
  withHop(gateway.command('proxy'))
    .description('run a TLS-terminating hop in this process, where there is no gateway (HTTP/1.1, next hops over plain HTTP)')
    .requiredOption('--certificate <file>', "the server's certificate with its chain (PEM)")
    .requiredOption('--certificate-key <file>', 'its key (PEM)')
    .option('--client-ca <file>', 'CAs of client certificates (PEM), where certificates bind tokens')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'the port', readPort, 8443)
    .option('--upstream <hop=host:port>', 'where a next hop is reached; may be repeated', collect)
    .addHelpText(
      'after',
      '\nExample:\n  everyhop gateway proxy --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --certificate api.pem --certificate-key api.key',
    )
    .action((options: ProxyOptions) => guarded(() => proxy(options)))
}

async function proxy(options: ProxyOptions): Promise<void> {
  const read = await readHop(options)
  const { hop } = read
  const certificate = await readFile(options.certificate, 'utf8')
  const key = await readFile(options.certificateKey, 'utf8')
  const tls = { servers: [{ certificate, key }], ...(options.clientCa === undefined ? {} : { clientCa: await readFile(options.clientCa, 'utf8') }) }
  const { host, port, upstream } = options
  const made = await createProxy({ ...hop, tls, host, port, ...(upstream === undefined ? {} : { upstreams: upstream }) })
  console.error(`gateway ${hop.slice.slice.hop} listens on ${made.url}`)
  live({ ...made, reload: ({ slice }) => made.reload(slice) }, read)
}
