import { readFile } from 'node:fs/promises'
import {
  createDecisionService,
  createTerminator,
  nginxConfig,
  readPrivateKeyFile,
  readPublicKeyFile,
  receiptFile,
  type DeciderOptions,
} from '@everyhop/gateway'
import { compileSlices, loadManifest } from '@everyhop/manifest'
import { ConfigError, createMemoryReplayStore, readSlice, type LoadedSlice } from '@everyhop/verifier'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BAD_USAGE, misuse, sentenceOf } from '../exit-code.js'
import { renderProblems } from '../print-problems.js'
import { readCredentials } from '../read-credentials.js'

type HopOptions = {
  readonly slice: string
  readonly sliceKey: string
  readonly key?: string
  readonly nonceSecret?: string
  readonly introspection?: string
  readonly singleInstance?: boolean
  readonly receipts?: string
}
type RunOptions = HopOptions & { readonly socket: string }
type TerminateOptions = HopOptions & {
  readonly certificate: string
  readonly certificateKey: string
  readonly clientCa?: string
  readonly host: string
  readonly port: number
  readonly upstream?: Readonly<Record<string, string>>
}
type ConfigOptions = {
  readonly file: readonly string[]
  readonly env?: string
  readonly hop: string
  readonly socket: string
  readonly certificate: string
  readonly certificateKey: string
  readonly clientCa?: string
  readonly upstreamCa?: string
  readonly listen: string
  readonly upstream?: Readonly<Record<string, string>>
  readonly standalone?: string
}

/** What runs until it is told to stop. */
type Running = { readonly ready: () => Promise<void>; readonly reload: (slice: LoadedSlice) => void; readonly close: () => Promise<void> }

export function build(): Command {
  const command = new Command('everyhop gateway').description('The platform layer: keep the proof, attest to it, hand it on.')

  withHop(command.command('run'))
    .description('run the decision service of a hop; SIGHUP reads the slice again, SIGTERM finishes what is under way')
    .requiredOption('--socket <path>', 'unix socket for the gateway, in a directory of mode 0700')
    .addHelpText(
      'after',
      '\nExample:\n  everyhop gateway run --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --socket /run/everyhop/decide.sock',
    )
    .action((options: RunOptions) => guarded(() => run(options)))

  command
    .command('config')
    .description('print the configuration of the gateway')
    .addOption(new Option('--for <product>', 'the gateway').choices(['nginx']).default('nginx'))
    .option('-f, --file <file...>', 'the manifest', ['everyhop.yaml'])
    .option('--env <name>', 'the environment of the manifest')
    .requiredOption('--hop <id>', 'the hop')
    .option('--socket <path>', 'unix socket of the decision service', '/run/everyhop/decide.sock')
    .requiredOption('--certificate <path>', "the server's certificate with its chain (PEM)")
    .requiredOption('--certificate-key <path>', 'its key (PEM)')
    .option('--client-ca <path>', 'CAs of client certificates (PEM), where certificates bind tokens')
    .option('--upstream-ca <path>', 'CAs of next hops that are reached over https (PEM)')
    .option('--listen <address>', 'port or address:port', '443')
    .option('--upstream <hop=host:port>', 'where a next hop is reached; may be repeated', collect)
    .option('--standalone <dir>', 'a configuration of its own process, with all that it writes in this directory')
    .addHelpText(
      'after',
      '\nExample:\n  everyhop gateway config --for nginx --hop edge --certificate /etc/ssl/api.pem --certificate-key /etc/ssl/api.key > /etc/nginx/conf.d/api.conf',
    )
    .action((options: ConfigOptions) => guarded(() => config(options)))

  withHop(command.command('terminate'))
    .description('run a TLS-terminating hop in this process, where there is no gateway (HTTP/1.1, next hops over plain HTTP)')
    .requiredOption('--certificate <file>', "the server's certificate with its chain (PEM)")
    .requiredOption('--certificate-key <file>', 'its key (PEM)')
    .option('--client-ca <file>', 'CAs of client certificates (PEM), where certificates bind tokens')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'the port', readPort, 8443)
    .option('--upstream <hop=host:port>', 'where a next hop is reached; may be repeated', collect)
    .addHelpText(
      'after',
      '\nExample:\n  everyhop gateway terminate --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --certificate api.pem --certificate-key api.key',
    )
    .action((options: TerminateOptions) => guarded(() => terminate(options)))
  return command
}

const withHop = (command: Command): Command =>
  command
    .requiredOption('--slice <file>', 'the hop\'s slice, as "everyhop compile" wrote it')
    .requiredOption('--slice-key <file>', 'public key that slices are signed with (JWK)')
    .option('--key <file>', "the hop's private key (JWK, mode 0600); needed where it attests")
    .option('--nonce-secret <file>', 'at least 32 random bytes (mode 0600); needed where this hop gives nonces')
    .option('--introspection <file>', 'credentials for issuers that are asked about tokens (JSON, mode 0600)')
    .option('--single-instance', 'this is the only process of the hop; needed in production, since its memory of what was spent is its own')
    .option('--receipts <file>', 'append a line of JSON for each decision')

async function run(options: RunOptions): Promise<void> {
  const { hop, read, finish } = await readHop(options)
  const service = await createDecisionService({ ...hop, socket: options.socket })
  console.error(`gateway ${hop.slice.slice.hop} decides on ${service.socket}`)
  live(service, read, finish)
}

async function terminate(options: TerminateOptions): Promise<void> {
  const { hop, read, finish } = await readHop(options)
  const certificate = await readFile(options.certificate, 'utf8')
  const key = await readFile(options.certificateKey, 'utf8')
  const tls = { certificate, key, ...(options.clientCa === undefined ? {} : { clientCa: await readFile(options.clientCa, 'utf8') }) }
  const { host, port, upstream } = options
  const terminator = await createTerminator({ ...hop, tls, host, port, ...(upstream === undefined ? {} : { upstreams: upstream }) })
  console.error(`gateway ${hop.slice.slice.hop} listens on ${terminator.url}`)
  live(terminator, read, finish)
}

async function config({ file, env, hop, upstream, standalone, ...options }: ConfigOptions): Promise<void> {
  const manifest = await loadManifest(file, env === undefined ? {} : { environment: env })
  if (!manifest.ok) {
    process.stderr.write(renderProblems(manifest.problems))
    process.exitCode = BAD_USAGE
    return
  }
  const slice = compileSlices(manifest.chain).find((candidate) => candidate.hop === hop)
  if (!slice) throw new ConfigError('config.hop', `the manifest has no hop ${hop} with a slice`)
  const optional = { ...(upstream === undefined ? {} : { upstreams: upstream }), ...(standalone === undefined ? {} : { standalone: { dir: standalone } }) }
  process.stdout.write(nginxConfig(slice, { ...options, ...optional }))
}

async function readHop({
  slice,
  sliceKey,
  key,
  nonceSecret,
  introspection,
  singleInstance = false,
  receipts,
}: HopOptions): Promise<{ hop: DeciderOptions; read: () => Promise<LoadedSlice>; finish: () => Promise<void> }> {
  const publicKey = await readPublicKeyFile(sliceKey)
  const read = async (): Promise<LoadedSlice> => readSlice(await readFile(slice, 'utf8'), publicKey)
  const sink = receipts === undefined ? undefined : receiptFile(receipts)
  const loaded = await read()
  const hop: DeciderOptions = {
    slice: loaded,
    // In production what a process before this one may have accepted is refused; elsewhere a chain works at once.
    replay: createMemoryReplayStore(loaded.slice.production ? {} : { since: 'always' }),
    ...(introspection === undefined ? {} : { introspection: await readCredentials(introspection) }),
    singleInstance,
    ...(key === undefined ? {} : { key: await readPrivateKeyFile(key) }),
    ...(nonceSecret === undefined ? {} : { nonceSecrets: [await readFile(nonceSecret)] }),
    ...(sink === undefined ? {} : { sink }),
  }
  const finish = async (): Promise<void> => {
    await sink?.close()
    if (sink && sink.dropped() > 0) console.error(`${sink.dropped()} receipts could not be written`)
  }
  return { hop, read, finish }
}

/** Keys of the issuer may come later than this process; until then it refuses. */
function live(running: Running, read: () => Promise<LoadedSlice>, finish: () => Promise<void>): void {
  running.ready().catch((error: unknown) => console.error(error instanceof ConfigError ? `${error.message}; trying again with each request` : 'not ready'))
  process.on('SIGHUP', () => {
    read()
      .then((next) => {
        running.reload(next)
        console.error(`slice ${next.digest} is in force`)
      })
      .catch((error: unknown) => console.error(`the new slice is refused, the old one stays: ${error instanceof Error ? error.message : 'unreadable'}`))
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close().then(finish))
}

async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof ConfigError || (error instanceof Error && 'syscall' in error))) throw error
    misuse(sentenceOf(error))
  }
}

function collect(value: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, hop, address] = /^([^=]+)=(.+)$/.exec(value) ?? []
  if (hop === undefined || address === undefined) throw new InvalidArgumentError('it is hop=host:port')
  return { ...before, [hop]: address }
}

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new InvalidArgumentError('it is a number from 0 to 65535')
  return port
}
