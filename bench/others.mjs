import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Processors that may be in use by others before figures are called those of a busy machine. */
export const QUIET = 0.2

/**
 * How many processors' worth of time everybody but this process uses just now. The load average says what was a minute ago, our own
 * installing and building included, and counts who waits for a disk.
 * @param {number} [ms]
 */
export async function usedByOthers(ms = 2_000) {
  const before = { busy: busyMs(), own: process.cpuUsage(), at: performance.now() }
  await sleep(ms)
  const own = process.cpuUsage(before.own)
  return share({ busy: busyMs() - before.busy, own: (own.user + own.system) / 1_000, taken: performance.now() - before.at })
}

/**
 * All in milliseconds. The system counts in ticks, so that a little less than nothing can come out.
 * @param {{ busy: number, own: number, taken: number }} times */
export const share = ({ busy, own, taken }) => Math.max(0, (busy - own) / taken)

/** Milliseconds that all processors together were not idle, since the start of the machine. */
const busyMs = () => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)
