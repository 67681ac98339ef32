import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ConfigError, createIssuer, readClientsFile, readKeyFile, type Issuance, type TlsOptions } from '@everyhop/issuer'
import { loadManifest } from '@everyhop/manifest'
import { Command, InvalidArgumentError } from 'commander'
import { BAD_USAGE, misuse, sentenceOf } from '../exit-code.js'
import { renderProblems } from '../print-problems.js'

type RunOptions = {
  readonly file: readonly string[]
  readonly env?: string
  readonly keys: string
  readonly clients: string
  readonly host: string
  readonly port?: number
  readonly record?: string
  readonly tlsKey?: string
  readonly tlsCert?: string
  readonly tlsClientCa?: string
}

export function build(): Command {
  const command = new Command('everyhop issuer').description('The reference authorization server, held to the manifest.')
  command
    .command('run')
    .description('run it until it is interrupted')
    .option('-f, --file <file...>', 'the manifest', ['everyhop.yaml'])
    .option('--env <name>', 'the environment of the manifest')
    .requiredOption('--keys <file>', 'JWK set of signing keys, mode 0600; the first private one signs')
    .requiredOption('--clients <file>', 'how each client authenticates: { "client_id": { "jwks" | "certificate" | "subject": … } }')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', "the port; that of the issuer's URL by default", readPort)
    .option('--record <file>', 'append a line of JSON for each token issued under a waiver; standard output by default')
    .option('--tls-key <file>', 'serve https with this key (PEM)')
    .option('--tls-cert <file>', 'and this certificate (PEM)')
    .option('--tls-client-ca <file>', 'and accept clients by subject that this CA has certified (PEM)')
    .addHelpText('after', '\nExample:\n  everyhop issuer run --keys keys/issuer.json --clients clients.json')
    .action(run)
  return command
}

async function run(options: RunOptions): Promise<void> {
  const { file, env, host, port, record } = options
  const manifest = await loadManifest(file, env === undefined ? {} : { environment: env })
  if (!manifest.ok) {
    process.stderr.write(renderProblems(manifest.problems))
    process.exitCode = BAD_USAGE
    return
  }
  try {
    const tls = await readTls(options)
    const issuer = await createIssuer({
      chain: manifest.chain,
      keys: await readKeyFile(options.keys),
      clients: await readClientsFile(options.clients),
      host,
      sink: { append: (issuance) => recordWaived(issuance, record) },
      ...(port === undefined ? {} : { port }),
      ...(tls === undefined ? {} : { tls }),
    })
    console.error(`issuer ${issuer.url} listens on ${issuer.host}:${issuer.port}`)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void issuer.close())
  } catch (error) {
    if (!(error instanceof ConfigError || isFileError(error))) throw error
    misuse(sentenceOf(error))
  }
}

/** Written before the token is signed: a full disk stops exceptions, not the other way round. */
function recordWaived(issuance: Issuance, path: string | undefined): void {
  if (issuance.waiver === undefined) return
  const line = `${JSON.stringify(issuance)}\n`
  if (path === undefined) process.stdout.write(line)
  else appendFileSync(path, line, { mode: 0o600 })
}

async function readTls({ tlsKey, tlsCert, tlsClientCa }: RunOptions): Promise<TlsOptions | undefined> {
  if (tlsKey === undefined && tlsCert === undefined && tlsClientCa === undefined) return undefined
  if (tlsKey === undefined || tlsCert === undefined) throw new ConfigError('config.tls', '--tls-key and --tls-cert go together')
  const [key, cert] = await Promise.all([readFile(tlsKey, 'utf8'), readFile(tlsCert, 'utf8')])
  return tlsClientCa === undefined ? { key, cert } : { key, cert, ca: await readFile(tlsClientCa, 'utf8') }
}

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new InvalidArgumentError('it is a number from 0 to 65535')
  return port
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error
