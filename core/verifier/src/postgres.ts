export {
  createPostgresReplayStore,
  migratePostgresReplayStore,
  postgresReplaySchema,
  type PostgresPool,
  type PostgresReplayStoreOptions,
} from './replay/postgres.js'
export { createPostgresRevocationStore, type PostgresRevocationStoreOptions } from './revocation/postgres.js'
export type { StoreTrouble } from './replay/trouble.js'
