export type { GuardOptions } from './open-guard.js'
export type { Binding, Proven, Receipt, Sink } from '@everyhop/proof'
export { ConfigError, createMemoryReplayStore, type ReplayStore } from '@everyhop/verifier'
export { createJsonLinesSink, toSinks, type CountingSink, type JsonLinesOptions } from '@everyhop/verifier'
