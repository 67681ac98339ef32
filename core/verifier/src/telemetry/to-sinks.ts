import type { Receipt, Sink } from '@everyhop/proof'

/** A sink that tells how many receipts it could not keep. */
export type CountingSink = Sink & { readonly dropped: () => number }

const isCounting = (sink: Sink): sink is CountingSink => typeof (sink as Partial<CountingSink>).dropped === 'function'

/** What a sink says that it dropped; 0 where it does not say. */
export const droppedBy = (sink: Sink): number => (isCounting(sink) ? sink.dropped() : 0)

/** One sink made of several. A receipt that one of them throws at still reaches the others, and counts as dropped. */
export function toSinks(...sinks: readonly Sink[]): CountingSink {
  let thrown = 0
  return {
    append(receipt: Receipt) {
      for (const sink of sinks) {
        try {
          sink.append(receipt)
        } catch {
          thrown += 1
        }
      }
    },
    dropped: () => sinks.reduce((sum, sink) => sum + droppedBy(sink), thrown),
  }
}
