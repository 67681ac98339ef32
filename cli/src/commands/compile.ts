import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileSlices, signSlice } from '@everyhop/manifest'
import { Command } from 'commander'
import { misuse } from '../exit-code.js'
import { collect, loadChains, type ManifestOptions } from '../load-chains.js'
import { writeWhole } from '../write-file.js'

type Options = ManifestOptions & { readonly key: string; readonly out: string }

export function build(): Command {
  return new Command('everyhop compile')
    .description('Writes the signed slice of each hop: what its guard or gateway loads.')
    .option('-f, --file <file>', 'a manifest (default: everyhop.yaml)', collect)
    .option('--env <name>', 'one of its environments')
    .requiredOption('--key <file>', 'private Ed25519 key that signs (everyhop key new)')
    .requiredOption('--out <directory>', 'where NAME.slice files go; made if missing')
    .addHelpText(
      'after',
      '\nExamples:\n  everyhop key new --out keys/slices\n  everyhop compile --key keys/slices --out slices\n  everyhop compile -f orders.yaml --env production --key keys/slices --out slices',
    )
    .action(run)
}

async function run(options: Options): Promise<void> {
  if ((options.file?.length ?? 1) > 1) return misuse('compile takes one manifest: slices of two chains could have one name')
  const [chain] = (await loadChains(options)) ?? []
  if (chain === undefined) return
  const key = await readSigningKey(options.key)
  if (key === undefined) return misuse('--key is not a file with a private Ed25519 JWK; make one: everyhop key new --out FILE')
  // All are signed before the first is written, so that a failure leaves the old set whole.
  const signed = compileSlices(chain).map((slice) => ({ hop: slice.hop, jws: signSlice(slice, key) }))
  await mkdir(options.out, { recursive: true })
  for (const { hop, jws } of signed) {
    const path = join(options.out, `${hop}.slice`)
    await writeWhole(path, `${jws}\n`, { mode: 0o644, replace: true })
    process.stdout.write(`${path}\n`)
  }
}

async function readSigningKey(path: string): Promise<KeyObject | undefined> {
  try {
    const key = createPrivateKey({ key: JSON.parse(await readFile(path, 'utf8')) as import('node:crypto').JsonWebKey, format: 'jwk' })
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}
