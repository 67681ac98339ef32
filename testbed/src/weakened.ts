import type { Slice } from '@everyhop/chain'
import { compileSlices, signSlice } from '@everyhop/manifest'
import type { Stand } from './stand.js'

/** The ground with the slices of an application that was set up more laxly than the manifest says. */
export function weakened(stand: Stand, weaken: ((slice: Slice) => Slice) | undefined): Stand {
  if (weaken === undefined) return stand
  const { chain, sliceKeys } = stand
  const slice = (hop: string): string => {
    const found = compileSlices(chain).find((one) => one.hop === hop)
    if (found === undefined) throw new TypeError(`hop ${hop} has no slice`)
    return signSlice(weaken(found), sliceKeys.privateKey)
  }
  return { ...stand, slice }
}
