import type { ReplayStore } from '@everyhop/verifier'
import type { Ruling } from '../../decider.js'
import type { Series } from '../metrics.js'

/** What the processes of one decision service say to each other, over the pipe between the first one and each of its workers. */

type Spend = Parameters<ReplayStore['spend']>[0]

/** What a worker cannot know by itself. */
export type Ask =
  | { readonly what: 'set-up' }
  /** Whether somebody decided, or decides, this request of the gateway's already. */
  | { readonly what: 'once'; readonly key: string }
  | { readonly what: 'spend'; readonly spend: Spend; readonly now: number }
  | { readonly what: 'series' }

export type SetUpAnswer = { readonly sealKey: string; readonly slice: string }
/** `first`: nobody did, so the one who asked decides, and tells. */
export type OnceAnswer = 'first' | Ruling

export type FromWorker =
  | { readonly everyhop: 'ask'; readonly n: number; readonly ask: Ask }
  | { readonly everyhop: 'decided'; readonly key: string; readonly ruling: Ruling }
  | { readonly everyhop: 'counted'; readonly n: number; readonly series: Series }

export type ToWorker =
  | { readonly everyhop: 'answer'; readonly n: number; readonly answer: unknown }
  | { readonly everyhop: 'count'; readonly n: number }
  | { readonly everyhop: 'reload'; readonly slice: string }
  | { readonly everyhop: 'drain' }

/** Node's own messages between the two are not ours. */
const isOurs = (message: unknown): boolean => typeof message === 'object' && message !== null && 'everyhop' in message

export const isFromWorker = (message: unknown): message is FromWorker => isOurs(message)
export const isToWorker = (message: unknown): message is ToWorker => isOurs(message)
