import { exitStatus, type Chain, type Finding, type Hop, type Verdict } from '@everyhop/chain'
import { application, privateSocket, removalList, signingService, sliceInForce, tcpChannel, type GatewayCheck } from '@everyhop/gateway'
import { CATALOGUE, IssuerError, renderText, RunnerFileError } from '@everyhop/prober'
import { ConfigError } from '@everyhop/verifier'
import type { Command } from 'commander'
import { isColourful } from '../../colours.js'
import { misuse } from '../../exit-code.js'
import { collect, loadChains } from '../../load-chains.js'
import { interruptible } from '../probe/interrupts.js'
import { probeEach } from '../probe/probe-each.js'
import { guarded } from './hop.js'

type Options = {
  readonly file?: readonly string[]
  readonly env?: string
  readonly hop: string
  readonly runner?: string
  readonly socket?: string
  readonly slice?: string
  readonly tcp?: string
  readonly config?: readonly string[]
}

/** What a gateway can do wrong: forged fields, ways around it, forwarding, the hop's own attestation, paths, fields, methods, bodies. */
const FAMILIES = ['SPF', 'DIR', 'FWD', 'HOP', 'URL', 'HDR', 'MTH', 'RBD']

export function addVerify(gateway: Command): void {
  gateway
    .command('verify')
    .description('say whether the gateway that runs does what was generated: its part of the catalogue, the privacy of the decision service, ways around')
    .option('-f, --file <file>', 'the manifest (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .requiredOption('--hop <id>', 'the hop')
    .option('--runner <file>', "the prober's credentials; without them no attack is run")
    .option('--socket <path>', "the decision service's unix socket, on its machine")
    .option('--slice <file>', 'the slice that must be in force there')
    .option('--tcp <host:port>', 'the address of a decision service on TCP')
    .option('--config <file>', 'configuration of the gateway; may be given more than once', collect)
    .addHelpText(
      'after',
      `
Examples:
  everyhop gateway verify --hop edge --runner ~/.everyhop/orders.json                                   # from where clients are
  everyhop gateway verify --hop edge --socket /run/everyhop/decide.sock --slice slices/edge.slice --config /etc/nginx/conf.d/api.conf   # on its machine

Exit status: 0 holds, 1 broken, 2 unproven, 3 bad usage or manifest.`,
    )
    .action((options: Options) => guarded(() => verify(options)))
}

async function verify(options: Options): Promise<void> {
  const chains = await loadChains(options)
  const [chain] = chains ?? []
  if (!chain) return
  const hop = chain.hops.get(options.hop)
  if (!hop) throw new ConfigError('config.hop', `the manifest has no hop ${options.hop}`)
  if (options.slice !== undefined && options.socket === undefined) return misuse('--slice needs --socket: where to ask what is in force')

  const checks = await Promise.all(checksOf(chain, hop, options))
  process.stdout.write(renderChecks(checks))
  const attacked = options.runner === undefined ? undefined : await attack(chain, hop, options, options.runner)
  if (attacked === 'failed') return
  process.exitCode = exitStatus(worst([...checks.map(verdictOf), attacked ?? 'unproven']), { acceptWaived: false })
}

function checksOf(chain: Chain, hop: Hop, { socket, slice, tcp, config = [] }: Options): readonly Promise<GatewayCheck>[] {
  const behind = new Set(chain.routes.flatMap(({ application: answers, via }) => (via.some((hops) => hops.includes(hop.id)) ? [answers] : [])))
  return [
    ...hop.bases.map((base) => signingService(base)),
    ...[...behind].flatMap((id) => {
      const ingress = chain.hops.get(id)?.ingress
      return ingress === undefined ? [] : [application(id, ingress)]
    }),
    ...(tcp === undefined ? [] : [tcpChannel(tcp)]),
    ...(socket === undefined ? [] : [privateSocket(socket), ...(slice === undefined ? [] : [sliceInForce(socket, slice)])]),
    ...config.map(removalList),
  ]
}

/** The verdict on this hop alone: what others did is in the report, and is theirs. */
async function attack(chain: Chain, hop: Hop, options: Options, runner: string): Promise<Verdict | 'failed'> {
  let verdict: Verdict | 'failed' = 'failed'
  try {
    const setting = { ...options, runner, only: FAMILIES, attacks: CATALOGUE }
    const stopped = await interruptible(async (signal) => {
      for (const { report } of await probeEach([chain], { ...setting, signal })) {
        process.stdout.write(`\n${renderText(report, { colour: isColourful, chain })}`)
        const isHeld = report.attacks.some(({ outcome }) => outcome === 'held')
        verdict = report.findings.some((finding) => isOf(finding, hop)) ? 'broken' : isHeld ? 'holds' : 'unproven'
      }
    })
    if (stopped !== undefined) process.exitCode = stopped
  } catch (error) {
    if (!(error instanceof RunnerFileError || error instanceof IssuerError || error instanceof TypeError)) throw error
    misuse(error.message)
  }
  return verdict
}

/** A way around it is found at the application, and is its owner's to close. */
const isOf = ({ hop, owner, layer, coFaults }: Finding, of: Hop): boolean =>
  [hop].flat().includes(of.id) || coFaults.some((fault) => fault.hop === of.id) || (layer === 'platform' && owner === of.owner)

const verdictOf = ({ outcome }: GatewayCheck): Verdict =>
  ({ held: 'holds', broken: 'broken', unknown: 'unproven', 'not here': 'not-applicable' } as const)[outcome]
const worst = (verdicts: readonly Verdict[]): Verdict => (['broken', 'unproven', 'holds'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'holds'

function renderChecks(checks: readonly GatewayCheck[]): string {
  const width = Math.max(...checks.map(({ what }) => what.length))
  return checks
    .map(({ what, outcome, saw, mend }) => `${outcome.padEnd(8)}  ${what.padEnd(width)}  ${saw}\n${mend === undefined ? '' : `          ${mend}\n`}`)
    .join('')
}
