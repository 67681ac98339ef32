export type { GuardOptions } from './open-guard.js'
export type { Binding, Proven, Receipt, Sink } from '@everyhop/proof'
export { ConfigError, createMemoryReplayStore, type ReplayStore } from '@everyhop/verifier'
