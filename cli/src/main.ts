import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'

/** One file a command, loaded only when it is called: `everyhop check` must not load an authorization server. */
const COMMANDS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<{ build: () => Command }> }>> = {
  init: { about: 'write a manifest for a chain that is there, from what it says of itself', load: () => import('./commands/init.js') },
  check: { about: 'read the manifest, say what is wrong where, show every default', load: () => import('./commands/check.js') },
  owners: { about: 'who is accountable when a control fails, at each place', load: () => import('./commands/owners.js') },
  compile: { about: 'write the signed slice of each hop', load: () => import('./commands/compile.js') },
  key: { about: 'make keys for hops, slices and clients', load: () => import('./commands/key.js') },
  gateway: { about: 'run the decision service of a hop, or print the configuration for it', load: () => import('./commands/gateway.js') },
  issuer: { about: 'run the reference authorization server', load: () => import('./commands/issuer.js') },
  probe: { about: 'attack the chain, and name the hop, the layer and the owner of each failure', load: () => import('./commands/probe.js') },
  attacks: { about: 'list the attacks', load: () => import('./commands/attacks.js') },
  explain: { about: 'tell all about a code, an attack or a control', load: () => import('./commands/explain.js') },
  demo: { about: 'run live chains on loopback, attack them, and show what holds', load: () => import('./commands/demo.js') },
}

/** Bad usage and bad manifests end with 3; 0, 1, 2 and 4 are verdicts. */
const BAD_USAGE = 3

export async function main(argv: readonly string[]): Promise<void> {
  const [name = '--help'] = argv
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const program = command === undefined ? overview() : (await command.load()).build()
  throwInsteadOfExit(program)
  try {
    await program.parseAsync(command === undefined ? [name, ...argv.slice(1)] : argv.slice(1), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride()
  for (const sub of command.commands) throwInsteadOfExit(sub)
}

function overview(): Command {
  const program = new Command('everyhop')
    .description('Proof of possession that survives every hop, and a named owner where it does not.')
    .addHelpText('after', '\nExit status: 0 holds, 1 broken, 2 unproven, 3 bad usage or manifest, 4 waived only.')
  program.version(versionOf())
  for (const [name, { about }] of Object.entries(COMMANDS)) program.command(name).description(about)
  return program
}

const versionOf = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

// Whoever reads the first lines only, as `head` does, has not made a mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

await main(process.argv.slice(2))
