import { readFile } from 'node:fs/promises'
import { readPublicKeyFile, readSigningKeyFile, receiptFile, type DeciderOptions } from '@everyhop/gateway'
import { ConfigError, createMemoryReplayStore, readSlice, type LoadedSlice, type ReplayStore } from '@everyhop/verifier'
import { InvalidArgumentError, type Command } from 'commander'
import { misuse, sentenceOf } from '../../exit-code.js'
import { readCredentials } from '../../read-credentials.js'
import { openReplayStore } from './replay-store.js'

export type HopOptions = {
  readonly slice: string
  readonly sliceKey: string
  readonly key?: string
  readonly nonceSecret?: string
  readonly introspection?: string
  readonly singleInstance?: boolean
  readonly receipts?: string
  readonly redis?: string
  readonly postgres?: string
}

/** What a process is handed by the one that started it, instead of reading or making it. */
export type Handed = { readonly slice: string; readonly replay: ReplayStore }

/** What is read again on SIGHUP. */
export type Fresh = { readonly text: string; readonly slice: LoadedSlice; readonly key?: DeciderOptions['key'] }

export type Hop = {
  readonly hop: DeciderOptions
  /** Text of the slice in `hop`. */
  readonly text: string
  /** Whether what was spent is remembered outside of this process. */
  readonly isShared: boolean
  readonly read: () => Promise<Fresh>
  /** A slice from its text, checked as the file is. */
  readonly readText: (text: string) => Promise<Fresh>
  readonly finish: () => Promise<void>
}

/** What runs until it is told to stop. */
export type Running = { readonly ready: () => Promise<void>; readonly reload: (fresh: Fresh) => void; readonly close: () => Promise<void> }

/** What each command that decides is told. */
export const withHop = (command: Command): Command =>
  command
    .requiredOption('--slice <file>', 'the hop\'s slice, as "everyhop compile" wrote it')
    .requiredOption('--slice-key <file>', 'public key that slices are signed with (JWK)')
    .option('--key <file>', "the hop's private keys (JWK or JWK Set, mode 0600); needed where it attests or rebinds")
    .option('--nonce-secret <file>', 'at least 32 random bytes (mode 0600); needed where this hop gives nonces')
    .option('--introspection <file>', 'credentials for issuers that are asked about tokens (JSON, mode 0600)')
    .option('--single-instance', 'this is the only process of the hop; needed in production, since its memory of what was spent is its own')
    .option('--redis <url>', 'remember what was spent there, for all instances: redis://…, or env:NAME or file:PATH where it has a password')
    .option('--postgres <url>', 'the same in Postgres: postgres://…, or env:NAME or file:PATH')
    .option('--receipts <file>', 'append a line of JSON for each decision')

export async function readHop(options: HopOptions, handed?: Handed): Promise<Hop> {
  const { key, nonceSecret, introspection, singleInstance = false, receipts } = options
  const publicKey = await readPublicKeyFile(options.sliceKey)
  const readText = async (text: string): Promise<Fresh> => ({
    text,
    slice: readSlice(text, publicKey),
    ...(key === undefined ? {} : { key: await readSigningKeyFile(key) }),
  })
  const read = async (): Promise<Fresh> => readText(await readFile(options.slice, 'utf8'))
  const { text, slice, key: keys } = handed ? await readText(handed.slice) : await read()
  const store = await openReplayStore(options)
  const sink = receipts === undefined ? undefined : receiptFile(receipts)
  const hop: DeciderOptions = {
    slice,
    // In production what a process before this one may have accepted is refused; elsewhere a chain works at once.
    replay: store?.replay ?? handed?.replay ?? createMemoryReplayStore(slice.slice.production ? {} : { since: 'always' }),
    ...(introspection === undefined ? {} : { introspection: await readCredentials(introspection) }),
    singleInstance,
    onFault: (reason) => console.error(reason),
    ...(keys === undefined ? {} : { key: keys }),
    ...(nonceSecret === undefined ? {} : { nonceSecrets: [await readFile(nonceSecret)] }),
    ...(sink === undefined ? {} : { sink }),
  }
  const finish = async (): Promise<void> => {
    await store?.close()
    await sink?.close()
    if (sink && sink.dropped() > 0) console.error(`${sink.dropped()} receipts could not be written`)
  }
  return { hop, text, isShared: store !== undefined, read, readText, finish }
}

/** Keys of the issuer may come later than this process; until then it refuses. */
export function live(running: Running, { read, finish }: Hop): void {
  running.ready().catch((error: unknown) => console.error(error instanceof ConfigError ? `${error.message}; trying again with each request` : 'not ready'))
  onHangup(read, (fresh) => running.reload(fresh))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close().then(finish))
}

/** Reads slice and keys again on SIGHUP; `use` throws where they are no good. */
export function onHangup(read: () => Promise<Fresh>, use: (fresh: Fresh) => void): void {
  process.on('SIGHUP', () => {
    read()
      .then((fresh) => {
        use(fresh)
        console.error(`slice ${fresh.slice.digest} is in force`)
      })
      .catch((error: unknown) => console.error(`the new slice is refused, the old one stays: ${error instanceof Error ? sentenceOf(error) : 'unreadable'}`))
  })
}

export async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof ConfigError || (error instanceof Error && 'syscall' in error))) throw error
    misuse(sentenceOf(error))
  }
}

export function collect(value: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, hop, address] = /^([^=]+)=(.+)$/.exec(value) ?? []
  if (hop === undefined || address === undefined) throw new InvalidArgumentError('it is hop=host:port')
  return { ...before, [hop]: address }
}

export function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new InvalidArgumentError('it is a number from 0 to 65535')
  return port
}
