import { dirname } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import { filePath, hopName } from '../config/config-values.js'
import { PRODUCTS, type Product } from '../config/gateway-config.js'

export type UnitOptions = {
  /** The gateway beside which the decision service runs. */
  readonly product: Product
  /** Path of the decision service's unix socket, as the gateway's configuration names it. */
  readonly socket: string
}

/** What the arguments of the decision service name, wherever it runs. */
export type Files = { readonly slice: string; readonly sliceKey: string; readonly key: string; readonly nonceSecret: string }

/** Everything that a unit is written from. Each value is fit to be written into one. */
export type Unit = {
  readonly hop: string
  readonly name: string
  readonly product: Product
  readonly socket: string
  readonly directory: string
  readonly signs: boolean
  readonly givesNonces: boolean
  readonly spends: boolean
}

/** Throws ConfigError for what would not be safe to write. */
export function unitOf(slice: Slice, { product, socket }: UnitOptions): Unit {
  if (!PRODUCTS.includes(product)) throw new ConfigError('config.product', `no unit is written for ${product}`)
  const hop = hopName(slice.hop)
  const path = filePath('the socket', socket)
  return {
    hop,
    name: `everyhop-${hop.replaceAll(/[_.]/g, '-')}`,
    product,
    socket: path,
    directory: dirname(path),
    signs: slice.next?.mode === 'attested' || slice.next?.mode === 'rebound',
    givesNonces: slice.proof.nonce === 'required' && slice.replayAuthority,
    spends: slice.replayAuthority,
  }
}

/** `everyhop` and what it is told; one element an argument. */
export function runCommand({ socket, signs, givesNonces, spends }: Unit, { slice, sliceKey, key, nonceSecret }: Files): readonly string[] {
  return [
    'everyhop',
    'gateway',
    'run',
    `--slice=${slice}`,
    `--slice-key=${sliceKey}`,
    ...(signs ? [`--key=${key}`] : []),
    ...(givesNonces ? [`--nonce-secret=${nonceSecret}`] : []),
    ...(spends ? ['--single-instance'] : []),
    `--socket=${socket}`,
  ]
}

/** In a volume that containers share, the service makes the directory of its socket itself, so that nobody else can enter it. */
export function sharedVolume({ directory, socket }: Unit): string {
  const volume = dirname(directory)
  if (volume !== '/' && volume !== '/run' && volume !== '/var') return volume
  throw new ConfigError(
    'config.socket',
    `${socket} lies at the top of a volume: name a directory below it, as --socket /run/everyhop/gateway/decide.sock, here and in the gateway's configuration`,
  )
}
