import { Command, Option } from 'commander'
import { collect } from '../load-chains.js'
import { FORMS } from './probe/forms.js'
import { readAlso, readEnvironments, readIds, readSamples, readSeed } from './probe/read-options.js'
import { run } from './probe/run.js'

const EXAMPLES = `
Examples:
  everyhop probe --runner ~/.everyhop/orders.json
  everyhop probe --env staging --runner runner.json --plan
  everyhop probe --runner runner.json --only TOK-01,RPL
  everyhop probe --env staging --runner runner.json --format json --output report.json
  everyhop probe --env staging --runner runner.json --baseline report.json --fail-on new
  everyhop probe --compare staging,production --runner runner.json
  everyhop probe --compare staging.json,production.json
  everyhop probe --runner runner.json --only REV --measure revocation --samples 20
  everyhop probe --runner runner.json --attacks security/attacks
  everyhop probe --runner runner.json --format sarif --output everyhop.sarif --also html=report.html

Exit status: 0 holds, 1 broken, 2 unproven, 3 bad usage or manifest, 4 waived only.`

export function build(): Command {
  return new Command('everyhop probe')
    .description('Attacks the chain, and names the hop, the layer and the owner of each failure.')
    .option('-f, --file <file>', 'a manifest; may be given more than once, the worst verdict counts (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .option('--runner <file>', "the prober's own credentials: kept outside the repository, mode 0600; with --compare one for each environment", collect)
    .option('--only <ids>', 'run these attacks or families only: TOK-01,RPL', readIds)
    .option('--attacks <folder>', 'run the attacks of this folder besides those of the catalogue; they are code, and run as you')
    .addOption(new Option('--format <format>', 'how to print').choices(Object.keys(FORMS)).default('text'))
    .option('--output <file>', 'write the report there instead of to standard output')
    .option('--also <form=file>', 'write the same report in another form too: sarif=everyhop.sarif; may be given more than once', readAlso)
    .option('--seed <number>', 'choose the same requests to go untagged as an earlier run, whose report names its seed (default: by chance)', readSeed)
    .option('--baseline <file>', 'an earlier report in JSON: say what is new, what persists, and what is fixed')
    .addOption(new Option('--fail-on <what>', 'with a baseline, end with 0 unless something is worse than it was').choices(['new']))
    .option('--compare <a,b>', 'two environments, which are probed one after the other, or two reports in JSON', readEnvironments)
    .addOption(new Option('--measure <what>', 'measure how soon what was revoked is refused, after the attacks').choices(['revocation']))
    .option('--samples <number>', 'how often', readSamples)
    .option('--accept-waived', 'a verdict of `waived` ends with 0 instead of 4')
    .addOption(new Option('--require <what>', 'count every applicable control, not only those that the attacks reached').choices(['assurance']))
    .option('--plan', 'say what would be run and what it would cost, and send nothing')
    .addHelpText('after', EXAMPLES)
    .action(run)
}
