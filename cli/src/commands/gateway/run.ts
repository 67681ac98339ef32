import { createDecisionService } from '@everyhop/gateway'
import type { Command } from 'commander'
import { guarded, live, readHop, withHop, type HopOptions } from './hop.js'

type RunOptions = HopOptions & { readonly socket: string }

export function addRun(gateway: Command): void {
  withHop(gateway.command('run'))
    .description('run the decision service of a hop; SIGHUP reads the slice again, SIGTERM finishes what is under way')
    .requiredOption('--socket <path>', 'unix socket for the gateway, in a directory of mode 0700')
    .addHelpText(
      'after',
      '\nExample:\n  everyhop gateway run --slice slices/edge.slice --slice-key keys/slices.pub.json --key keys/edge --socket /run/everyhop/decide.sock',
    )
    .action((options: RunOptions) => guarded(() => run(options)))
}

async function run(options: RunOptions): Promise<void> {
  const { hop, read, finish } = await readHop(options)
  const service = await createDecisionService({ ...hop, socket: options.socket })
  console.error(`gateway ${hop.slice.slice.hop} decides on ${service.socket}`)
  live(service, read, finish)
}
