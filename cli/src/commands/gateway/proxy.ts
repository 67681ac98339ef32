import { readFile } from 'node:fs/promises'
import { createProxy, type ProxyOptions, type TlsMaterial } from '@everyhop/gateway'
import { ConfigError } from '@everyhop/verifier'
import { InvalidArgumentError, type Command } from 'commander'
import { collect, guarded, live, readHop, readPort, withHop, type HopOptions } from './hop.js'

type Options = HopOptions & {
  readonly certificate?: readonly string[]
  readonly certificateKey?: readonly string[]
  readonly clientCa?: string
  readonly plain?: boolean
  readonly host: string
  readonly port: number
  readonly upstream?: Readonly<Record<string, string>>
  readonly upstreamCa?: string
  readonly upstreamCertificate?: string
  readonly upstreamCertificateKey?: string
  readonly sidecar?: string
  readonly admin?: { readonly host?: string; readonly port: number }
  readonly limit?: Readonly<Record<string, number>>
  readonly grace: number
}

export function addProxy(gateway: Command): void {
  withHop(gateway.command('proxy'))
    .description('run a reverse proxy that decides in this process; SIGHUP reads slice, keys and certificates again, SIGTERM finishes what is under way')
    .option('--certificate <file...>', "the server's certificate with its chain (PEM); one for each name")
    .option('--certificate-key <file...>', 'their keys (PEM), in the same order')
    .option('--client-ca <file>', 'CAs of client certificates (PEM), where certificates bind tokens')
    .option('--plain', 'no TLS: on loopback behind what ends it, or where only hops come that attest')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'the port', readPort, 8443)
    .option('--upstream <hop=host:port>', 'where a next hop is reached, or hop=https://host:port; may be repeated', collect)
    .option('--upstream-ca <file>', 'CAs of next hops that are reached over https (PEM)')
    .option('--upstream-certificate <file>', 'what this hop shows them (PEM)')
    .option('--upstream-certificate-key <file>', 'its key (PEM)')
    .option('--sidecar <host:port>', 'guard the application at this address: this hop is the last one')
    .option('--admin <[host:]port>', '/healthz, /readyz and /metrics there', readAdmin)
    .option('--limit <name=number>', 'another limit, as maxBodyBytes=1048576; may be repeated', collectLimits)
    .option('--grace <seconds>', 'how long what is under way may take to end after SIGTERM', Number, 30)
    .addHelpText(
      'after',
      `
Examples:
  everyhop gateway proxy --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --certificate api.pem --certificate-key api.key
  everyhop gateway proxy --slice slices/orders.slice --slice-key keys/slices.pub.json --sidecar 127.0.0.1:9000 --plain --port 8080`,
    )
    .action((options: Options) => guarded(() => proxy(options)))
}

async function proxy(options: Options): Promise<void> {
  const hop = await readHop(options)
  let tls = await readTls(options)
  const made = await createProxy({ ...hop.hop, ...(await placeOf(options)), ...(tls === undefined ? {} : { tls }) })
  console.error(`gateway ${hop.hop.slice.slice.hop} listens on ${made.url}${made.adminUrl === undefined ? '' : `, tells of itself on ${made.adminUrl}`}`)
  const read: typeof hop.read = async () => {
    const fresh = await hop.read()
    tls = await readTls(options)
    return fresh
  }
  const running = {
    ready: made.ready,
    reload: ({ slice, key }: Awaited<ReturnType<typeof read>>) =>
      made.reload(slice, { ...(tls === undefined ? {} : { tls }), ...(key === undefined ? {} : { key }) }),
    close: () => made.close(options.grace * 1_000),
  }
  live(running, { ...hop, read })
}

async function readTls({ certificate = [], certificateKey = [], clientCa, plain = false }: Options): Promise<TlsMaterial | undefined> {
  if (plain && certificate.length > 0) throw new ConfigError('config.plain', 'with --plain there is no certificate')
  if (plain) return undefined
  if (certificate.length === 0 || certificate.length !== certificateKey.length) {
    throw new ConfigError('config.certificate', 'give a --certificate with its --certificate-key for each name, or --plain')
  }
  const text = (file: string): Promise<string> => readFile(file, 'utf8')
  const servers = await Promise.all(certificate.map(async (file, index) => ({ certificate: await text(file), key: await text(certificateKey[index]!) })))
  return { servers, ...(clientCa === undefined ? {} : { clientCa: await text(clientCa) }) }
}

async function placeOf(options: Options): Promise<Partial<ProxyOptions>> {
  const { host, port, upstream, upstreamCa, upstreamCertificate, upstreamCertificateKey, sidecar, admin, limit } = options
  const file = async <Name extends string>(name: Name, path: string | undefined): Promise<{ readonly [name in Name]?: string }> =>
    (path === undefined ? {} : { [name]: await readFile(path, 'utf8') }) as { readonly [name in Name]?: string }
  return {
    host,
    port,
    ...(upstream === undefined ? {} : { upstreams: upstream }),
    ...(upstreamCa === undefined
      ? {}
      : {
          upstreamTls: {
            ca: await readFile(upstreamCa, 'utf8'),
            ...(await file('certificate', upstreamCertificate)),
            ...(await file('key', upstreamCertificateKey)),
          },
        }),
    ...(sidecar === undefined ? {} : { sidecarOf: sidecar }),
    ...(admin === undefined ? {} : { admin }),
    ...(limit === undefined ? {} : { limits: limit }),
  }
}

function readAdmin(value: string): { readonly host?: string; readonly port: number } {
  const [, host, port = ''] = /^(?:(.+):)?(\d+)$/.exec(value) ?? []
  return { ...(host === undefined ? {} : { host: host.replace(/^\[|\]$/g, '') }), port: readPort(port) }
}

function collectLimits(value: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const [, name, number] = /^(\w+)=(\d+)$/.exec(value) ?? []
  if (name === undefined) throw new InvalidArgumentError('it is name=number')
  return { ...before, [name]: Number(number) }
}
