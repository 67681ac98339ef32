export {
  createPostgresReplayStore,
  createPostgresRevocationStore,
  migratePostgresReplayStore,
  postgresReplaySchema,
  type PostgresPool,
  type PostgresReplayStoreOptions,
  type PostgresRevocationStoreOptions,
  type StoreTrouble,
} from '@everyhop/verifier/postgres'
