export {
  createRedisReplayStore,
  createRedisRevocationStore,
  type RedisClient,
  type RedisReplayStoreOptions,
  type RedisRevocationStoreOptions,
  type StoreTrouble,
} from '@everyhop/verifier/redis'
