import { Command, Option } from 'commander'
import { GATEWAYS } from './init/answers.js'
import { run } from './init/run.js'

const EXAMPLES = `
It asks what is missing where it runs on a terminal. What it cannot know is marked "unknown" in the manifest, and stays
unproven. Nothing is overwritten, and no secret is written: the runner file names where it lies.

Examples:
  everyhop init
  everyhop init --url https://api.example.com/orders/1 --client probe --secret env:PROBE_SECRET
  everyhop init --url https://api.example.com/orders/1 --client probe --key ~/.everyhop/probe.pem --gateway haproxy
  everyhop init --url https://api.example.com/orders/1 --issuer https://id.example.com --client probe --token-command ./login

Then:
  everyhop check
  everyhop probe --runner ~/.everyhop/CHAIN.json --plan`

/** `everyhop init`: a manifest and a runner file for a chain that somebody else built. */
export function build(): Command {
  return new Command('everyhop init')
    .description('Reads what a resource and its issuer say of themselves, tries the edge, and writes a manifest that check accepts and probe can run.')
    .option('--url <url>', 'a resource that a token of the client opens with GET')
    .option('--issuer <url>', 'the authorization server, where the resource does not name it (RFC 9728)')
    .option('--client <id>', 'the client_id that the prober uses, which is registered for it')
    .option('--secret <reference>', 'where its secret lies: env:NAME or file:PATH')
    .option('--key <file>', 'its private key for assertions (private_key_jwt), a JWK or PEM with mode 0600')
    .option('--certificate <file>', 'its client certificate, PEM')
    .option('--certificate-key <file>', 'and the key of that')
    .option('--token-command <file>', 'a program that prints an access token, where no client credentials give one')
    .option('--second-client <id>', 'another client for the prober, which plays the thief: more can be tried with it')
    .option('--second-secret <reference>', 'where its secret lies')
    .option('--second-key <file>', 'or its private key')
    .option('--scope <scope>', 'what its token requests ask for')
    .addOption(new Option('--gateway <kind>', 'what stands in front of the application').choices(GATEWAYS))
    .option('--ca <file>', 'the CA that the certificates of the chain come from, PEM')
    .option('--chain <name>', 'how to call the chain (default: by the host)')
    .option('-f, --file <file>', 'the manifest to write', 'everyhop.yaml')
    .option('--runner <file>', "the prober's credentials, outside any repository (default: ~/.everyhop/CHAIN.json)")
    .addHelpText('after', EXAMPLES)
    .action(run)
}
