import { readFile } from 'node:fs/promises'
import { keysOf, publicKeys, readKeyRing, withNewKey, withoutKey, type KeyRing, type RingKey } from '@everyhop/gateway'
import { ConfigError } from '@everyhop/verifier'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { writeWhole } from '../../write-file.js'
import { guarded } from './hop.js'

type KeyOptions = { readonly key: string }
type RotateOptions = KeyOptions & { readonly after: number; readonly alg?: RingKey['alg'] }
type RevokeOptions = KeyOptions & { readonly kid: string }

export function addKey(gateway: Command): void {
  const key = gateway
    .command('key')
    .description('rotate, revoke and list the keys that a hop signs with, in its private key file and FILE.pub.json for the manifest')
  key
    .command('list')
    .description('which key signs, which waits, which is retired')
    .requiredOption('--key <file>', "the hop's private keys")
    .action((options: KeyOptions) => guarded(() => list(options)))
  key
    .command('rotate')
    .description('add a key that takes over later, when the next hops know it')
    .requiredOption('--key <file>', "the hop's private keys")
    .option('--after <duration>', 'when it takes over: 30s, 10m, 2h, 1d', readDuration, 3_600)
    .addOption(new Option('--alg <algorithm>', 'which kind of key (default: that of the newest)').choices(['EdDSA', 'ES256']))
    .addHelpText(
      'after',
      `
Without a refused request, in this order:
  everyhop gateway key rotate --key keys/edge --after 1h
  everyhop compile …           # the manifest says: keys: [file:keys/edge.pub.json]
  # the slices to the next hops, and within the hour to the gateway; SIGHUP to each
  everyhop gateway key revoke --key keys/edge --kid OLD    # a minute after the new one signs; then compile again`,
    )
    .action((options: RotateOptions) => guarded(() => rotate(options)))
  key
    .command('revoke')
    .description('remove a key; next hops refuse it once they have the slice compiled after that')
    .requiredOption('--key <file>', "the hop's private keys")
    .requiredOption('--kid <thumbprint>', 'which one, as "list" names it')
    .action((options: RevokeOptions) => guarded(() => revoke(options)))
}

const now = (): number => Math.floor(Date.now() / 1000)

async function list({ key }: KeyOptions): Promise<void> {
  print(await read(key))
}

async function rotate({ key, after, alg }: RotateOptions): Promise<void> {
  const before = await read(key)
  const ring = withNewKey(before, alg ?? keysOf(before, now()).at(-1)?.alg ?? 'ES256', now() + after)
  await write(key, ring)
  print(ring)
  console.error(`Compile now and give the slices to the next hops, then to this one, before the new key signs. "keys: [file:${key}.pub.json]" names them all.`)
}

async function revoke({ key, kid }: RevokeOptions): Promise<void> {
  const before = await read(key)
  const wasSigning = keysOf(before, now()).some((one) => one.kid === kid && one.state === 'signs')
  const ring = withoutKey(before, kid)
  await write(key, ring)
  print(ring)
  console.error(
    wasSigning
      ? 'It was the one that signs: send SIGHUP to the gateway now, and compile; next hops that do not know the key that takes over refuse until they have their slice.'
      : 'Compile and give the slices to the next hops: until then they accept what that key signs.',
  )
}

async function read(path: string): Promise<KeyRing> {
  const text = await readFile(path, 'utf8')
  try {
    const ring = readKeyRing(JSON.parse(text) as Parameters<typeof readKeyRing>[0])
    keysOf(ring, now())
    return ring
  } catch {
    throw new ConfigError('config.key-file', `${path} holds no private keys that "everyhop key new" or "gateway key rotate" wrote`)
  }
}

/** The public file first: a key that signs must never be one that nobody can know. */
async function write(path: string, ring: KeyRing): Promise<void> {
  const text = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
  await writeWhole(`${path}.pub.json`, text(publicKeys(ring)), { mode: 0o644, replace: true })
  await writeWhole(path, text({ keys: ring }), { mode: 0o600, replace: true })
}

function print(ring: KeyRing): void {
  const rows = keysOf(ring, now()).map(({ kid, alg, from, state }) => [kid, alg, state, from === 0 ? 'the beginning' : new Date(from * 1000).toISOString()])
  for (const [kid, alg, state, from] of [['key', 'alg', 'state', 'signs from'], ...rows]) {
    console.log(`${kid!.padEnd(43)}  ${alg!.padEnd(5)}  ${state!.padEnd(7)}  ${from}`)
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function readDuration(value: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(value) ?? []
  if (amount === undefined) throw new InvalidArgumentError('it is a number with s, m, h or d')
  return Number(amount) * SECONDS[unit]!
}
