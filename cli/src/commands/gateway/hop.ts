import { readFile } from 'node:fs/promises'
import { readPrivateKeyFile, readPublicKeyFile, receiptFile, type DeciderOptions } from '@everyhop/gateway'
import { ConfigError, createMemoryReplayStore, readSlice, type LoadedSlice } from '@everyhop/verifier'
import { InvalidArgumentError, type Command } from 'commander'
import { misuse, sentenceOf } from '../../exit-code.js'
import { readCredentials } from '../../read-credentials.js'

export type HopOptions = {
  readonly slice: string
  readonly sliceKey: string
  readonly key?: string
  readonly nonceSecret?: string
  readonly introspection?: string
  readonly singleInstance?: boolean
  readonly receipts?: string
}

/** What runs until it is told to stop. */
export type Running = { readonly ready: () => Promise<void>; readonly reload: (slice: LoadedSlice) => void; readonly close: () => Promise<void> }

/** What each command that decides is told. */
export const withHop = (command: Command): Command =>
  command
    .requiredOption('--slice <file>', 'the hop\'s slice, as "everyhop compile" wrote it')
    .requiredOption('--slice-key <file>', 'public key that slices are signed with (JWK)')
    .option('--key <file>', "the hop's private key (JWK, mode 0600); needed where it attests or rebinds")
    .option('--nonce-secret <file>', 'at least 32 random bytes (mode 0600); needed where this hop gives nonces')
    .option('--introspection <file>', 'credentials for issuers that are asked about tokens (JSON, mode 0600)')
    .option('--single-instance', 'this is the only process of the hop; needed in production, since its memory of what was spent is its own')
    .option('--receipts <file>', 'append a line of JSON for each decision')

export async function readHop({
  slice,
  sliceKey,
  key,
  nonceSecret,
  introspection,
  singleInstance = false,
  receipts,
}: HopOptions): Promise<{ hop: DeciderOptions; read: () => Promise<LoadedSlice>; finish: () => Promise<void> }> {
  const publicKey = await readPublicKeyFile(sliceKey)
  const read = async (): Promise<LoadedSlice> => readSlice(await readFile(slice, 'utf8'), publicKey)
  const sink = receipts === undefined ? undefined : receiptFile(receipts)
  const loaded = await read()
  const hop: DeciderOptions = {
    slice: loaded,
    // In production what a process before this one may have accepted is refused; elsewhere a chain works at once.
    replay: createMemoryReplayStore(loaded.slice.production ? {} : { since: 'always' }),
    ...(introspection === undefined ? {} : { introspection: await readCredentials(introspection) }),
    singleInstance,
    onFault: (reason) => console.error(reason),
    ...(key === undefined ? {} : { key: await readPrivateKeyFile(key) }),
    ...(nonceSecret === undefined ? {} : { nonceSecrets: [await readFile(nonceSecret)] }),
    ...(sink === undefined ? {} : { sink }),
  }
  const finish = async (): Promise<void> => {
    await sink?.close()
    if (sink && sink.dropped() > 0) console.error(`${sink.dropped()} receipts could not be written`)
  }
  return { hop, read, finish }
}

/** Keys of the issuer may come later than this process; until then it refuses. */
export function live(running: Running, read: () => Promise<LoadedSlice>, finish: () => Promise<void>): void {
  running.ready().catch((error: unknown) => console.error(error instanceof ConfigError ? `${error.message}; trying again with each request` : 'not ready'))
  process.on('SIGHUP', () => {
    read()
      .then((next) => {
        running.reload(next)
        console.error(`slice ${next.digest} is in force`)
      })
      .catch((error: unknown) => console.error(`the new slice is refused, the old one stays: ${error instanceof Error ? error.message : 'unreadable'}`))
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close().then(finish))
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
