import { createKeyPair, thumbprintOf } from '@everyhop/proof'
import { Command, Option } from 'commander'
import { misuse } from '../exit-code.js'
import { writeWhole } from '../write-file.js'

type Options = { readonly out: string; readonly alg: 'Ed25519' | 'ES256' }

export function build(): Command {
  const command = new Command('everyhop key').description('Makes keys for hops, slices and clients.')
  command
    .command('new')
    .description('Writes a private JWK to FILE (mode 0600) and the public one to FILE.pub.json. Never overwrites.')
    .requiredOption('--out <file>', 'where the private key goes')
    .addOption(new Option('--alg <algorithm>', 'which kind of key').choices(['Ed25519', 'ES256']).default('Ed25519'))
    .addHelpText('after', '\nExamples:\n  everyhop key new --out keys/slices    # also keys/slices.pub.json\n  everyhop key new --out keys/edge --alg ES256')
    .action(run)
  return command
}

async function run({ out, alg }: Options): Promise<void> {
  const { publicKey, privateKey } = alg === 'Ed25519' ? createKeyPair('ed25519') : createKeyPair('ec', { namedCurve: 'P-256' })
  const kid = thumbprintOf(publicKey)
  const text = (jwk: object) => `${JSON.stringify({ ...jwk, kid }, null, 2)}\n`
  try {
    await writeWhole(out, text(privateKey.export({ format: 'jwk' })), { mode: 0o600, replace: false })
    await writeWhole(`${out}.pub.json`, text(publicKey.export({ format: 'jwk' })), { mode: 0o644, replace: false })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return misuse(`${out} or ${out}.pub.json is there already; a key is never overwritten`)
    if (code === 'ENOENT' || code === 'EACCES') return misuse(`${out} cannot be written`)
    throw error
  }
  process.stdout.write(`${kid}\n`)
}
