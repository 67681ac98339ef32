import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gatewayConfig, gatewayUnit, PRODUCTS, UNIT_KINDS, type ConfigFile, type Product, type UnitKind } from '@everyhop/gateway'
import { compileSlices, loadManifest } from '@everyhop/manifest'
import { ConfigError } from '@everyhop/verifier'
import { Option, type Command } from 'commander'
import { BAD_USAGE } from '../../exit-code.js'
import { renderProblems } from '../../print-problems.js'
import { writeWhole } from '../../write-file.js'
import { collect, guarded } from './hop.js'

type Options = {
  readonly for: Product
  readonly as?: UnitKind
  readonly output?: string
  readonly file: readonly string[]
  readonly env?: string
  readonly hop: string
  readonly socket: string
  readonly certificate?: string
  readonly certificateKey?: string
  readonly clientCa?: string
  readonly upstreamCa?: string
  readonly listen: string
  readonly upstream?: Readonly<Record<string, string>>
  readonly standalone?: string
}

export function addConfig(gateway: Command): void {
  gateway
    .command('config')
    .description('print the configuration of the gateway')
    .addOption(new Option('--for <product>', 'the gateway').choices(PRODUCTS).default('nginx'))
    .addOption(new Option('--as <kind>', 'print what runs its decision service beside it instead').choices(UNIT_KINDS))
    .option('-f, --file <file...>', 'the manifest', ['everyhop.yaml'])
    .option('--env <name>', 'the environment of the manifest')
    .requiredOption('--hop <id>', 'the hop')
    .option('--socket <path>', 'unix socket of the decision service', '/run/everyhop/decide.sock')
    .option('--certificate <path>', "the server's certificate with its chain (PEM)")
    .option('--certificate-key <path>', 'its key (PEM)')
    .option('--client-ca <path>', 'CAs of client certificates (PEM), where certificates bind tokens')
    .option('--upstream-ca <path>', 'CAs of next hops that are reached over https (PEM)')
    .option('--listen <address>', 'port or address:port', '443')
    .option('--upstream <hop=host:port>', 'where a next hop is reached; may be repeated', collect)
    .option('--standalone <dir>', 'a configuration of its own process, with all that it writes in this directory')
    .option('--output <dir>', 'write its files there; one that has a single file is printed otherwise')
    .addHelpText(
      'after',
      `
Examples:
  everyhop gateway config --for nginx --hop edge --certificate /etc/ssl/api.pem --certificate-key /etc/ssl/api.key > /etc/nginx/conf.d/api.conf
  everyhop gateway config --for caddy --hop edge --certificate /etc/ssl/api.pem --certificate-key /etc/ssl/api.key > /etc/caddy/Caddyfile
  everyhop gateway config --for nginx --hop edge --as systemd > /etc/systemd/system/everyhop-edge.service`,
    )
    .action((options: Options) => guarded(() => config(options)))
}

async function config({
  for: product,
  as: kind,
  output,
  file,
  env,
  hop,
  upstream,
  standalone,
  certificate,
  certificateKey,
  ...options
}: Options): Promise<void> {
  const manifest = await loadManifest(file, env === undefined ? {} : { environment: env })
  if (!manifest.ok) {
    process.stderr.write(renderProblems(manifest.problems))
    process.exitCode = BAD_USAGE
    return
  }
  const slice = compileSlices(manifest.chain).find((candidate) => candidate.hop === hop)
  if (!slice) throw new ConfigError('config.hop', `the manifest has no hop ${hop} with a slice`)
  if (kind !== undefined) {
    const unit = gatewayUnit(kind, slice, { product, socket: options.socket })
    return output === undefined ? void process.stdout.write(unit.text) : writeAll([unit], output)
  }
  if (certificate === undefined || certificateKey === undefined) {
    throw new ConfigError('config.certificate', "give the server's certificate and its key: --certificate and --certificate-key")
  }
  const optional = {
    ...(output === undefined ? {} : { home: resolve(output) }),
    ...(upstream === undefined ? {} : { upstreams: upstream }),
    ...(standalone === undefined ? {} : { standalone: { dir: standalone } }),
  }
  const files = gatewayConfig(product, slice, { ...options, certificate, certificateKey, ...optional })
  if (output !== undefined) return writeAll(files, output)
  const [only, ...more] = files
  if (!only || more.length > 0) throw new ConfigError('config.output', `${product} takes ${files.length} files: say where with --output DIR`)
  process.stdout.write(only.text)
}

async function writeAll(files: readonly ConfigFile[], dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const { name, text } of files) {
    await writeWhole(join(dir, name), text, { mode: 0o644, replace: true })
    console.error(`wrote ${join(dir, name)}`)
  }
}
