import cluster from 'node:cluster'
import { readFile } from 'node:fs/promises'
import { createDecider, createDecisionService, joinWorkers, startWorkers, type DecisionServiceOptions, type TcpChannel } from '@everyhop/gateway'
import { ConfigError } from '@everyhop/verifier'
import { InvalidArgumentError, type Command } from 'commander'
import { guarded, live, onHangup, readHop, withHop, type HopOptions } from './hop.js'

type RunOptions = HopOptions & {
  readonly socket?: string
  readonly envoySocket?: string
  readonly tcp?: { readonly host: string; readonly port: number }
  readonly tcpCertificate?: string
  readonly tcpKey?: string
  readonly gateways?: string
  readonly workers: number
  readonly maxInFlight: number
}

export function addRun(gateway: Command): void {
  withHop(gateway.command('run'))
    .description('run the decision service of a hop; SIGHUP reads slice and keys again, SIGTERM finishes what is under way')
    .option('--socket <path>', 'unix socket for the gateway, in a directory of mode 0700')
    .option('--envoy-socket <path>', 'the same for Envoy, which asks over gRPC')
    .option('--tcp <host:port>', 'address for a gateway that cannot reach a unix socket; TLS, and only its own certificates may connect', readAddress)
    .option('--tcp-certificate <file>', 'our certificate there, with its chain (PEM)')
    .option('--tcp-key <file>', 'its key (PEM)')
    .option('--gateways <file>', 'certificates of the gateway that may connect there (PEM)')
    .option('--workers <number>', 'processes that decide; 1 decides in this one', readCount, 1)
    .option('--max-in-flight <number>', 'decisions under way at once in each; more are answered 503', readCount, 512)
    .addHelpText(
      'after',
      `
Examples:
  everyhop gateway run --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --socket /run/everyhop/decide.sock
  everyhop gateway run … --socket /run/everyhop/decide.sock --workers 4 --redis redis://127.0.0.1:6379
  everyhop gateway run … --tcp 10.0.0.5:9443 --tcp-certificate decide.pem --tcp-key decide.key --gateways traefik.pem

On the same channel, for operators: GET /healthz, /readyz, /metrics (Prometheus):
  curl --unix-socket /run/everyhop/decide.sock http://gateway/metrics`,
    )
    .action((options: RunOptions) => guarded(() => run(options)))
}

async function run(options: RunOptions): Promise<void> {
  if (cluster.isWorker) return runWorker(options)
  if (options.workers > 1) return runAll(options)
  const hop = await readHop(options)
  const service = await createDecisionService({ ...hop.hop, ...(await channelsOf(options)) })
  console.error(`gateway ${hop.hop.slice.slice.hop} decides on ${service.addresses.join(' and ')}`)
  live({ ...service, reload: ({ slice, key }) => service.reload(slice, key) }, hop)
}

/** The first process decides nothing: it keeps what there is one of, and the workers alive. */
async function runAll(options: RunOptions): Promise<void> {
  const { hop, text, isShared, read, finish } = await readHop(options)
  // Says now what each worker would say: a mistake in the set-up must not end in workers that come and go.
  const tried = createDecider(hop)
  await channelsOf(options)
  const { socket, envoySocket, workers: count } = options
  const sockets = [socket, envoySocket].filter((path) => path !== undefined)
  const { replay } = hop
  const workers = await startWorkers({
    count,
    slice: text,
    say: (line) => console.error(line),
    sockets,
    ...(isShared || replay === undefined ? {} : { replay }),
  })
  onHangup(read, (fresh) => {
    tried.reload(fresh.slice, fresh.key)
    workers.reload(fresh.text)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void workers.close().then(finish))
  await workers.listening
  console.error(`gateway ${hop.slice.slice.hop} decides on ${[...sockets, ...(options.tcp ? ['TCP'] : [])].join(' and ')} in ${count} workers`)
}

async function runWorker(options: RunOptions): Promise<void> {
  // A terminal or a service manager signals all processes; workers do what the first one tells them.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const membership = await joinWorkers()
  const { hop, readText, finish } = await readHop(options, membership)
  const service = await createDecisionService({ ...hop, ...(await channelsOf(options)), shared: membership.shared })
  membership.serve({
    series: service.series,
    reload: (text) =>
      void readText(text)
        .then(({ slice, key }) => service.reload(slice, key))
        .catch(() => console.error('a worker refuses the new slice')),
    drain: () =>
      void service
        .close()
        .then(finish)
        .then(() => process.exit()),
  })
  service.ready().catch((error: unknown) => console.error(error instanceof ConfigError ? `${error.message}; trying again with each request` : 'not ready'))
}

async function channelsOf({
  socket,
  envoySocket,
  tcp,
  tcpCertificate,
  tcpKey,
  gateways,
  maxInFlight,
}: RunOptions): Promise<Pick<DecisionServiceOptions, 'socket' | 'envoySocket' | 'tcp' | 'maxInFlight'>> {
  const over: { tcp?: TcpChannel } = {}
  if (tcp) {
    if (tcpCertificate === undefined || tcpKey === undefined || gateways === undefined) {
      throw new ConfigError('config.channel', '--tcp needs --tcp-certificate, --tcp-key and --gateways')
    }
    const [certificate, key, pinned] = await Promise.all([tcpCertificate, tcpKey, gateways].map((file) => readFile(file, 'utf8')))
    over.tcp = { ...tcp, certificate: certificate!, key: key!, gateways: pinned! }
  }
  return { ...(socket === undefined ? {} : { socket }), ...(envoySocket === undefined ? {} : { envoySocket }), ...over, maxInFlight }
}

function readAddress(value: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(\[[\da-fA-F:.]+\]|[^\s:]+):(\d{1,5})$/.exec(value) ?? []
  if (host === undefined || Number(port) > 65_535) throw new InvalidArgumentError('it is host:port')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function readCount(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new InvalidArgumentError('it is a number from 1')
  return Number(value)
}
