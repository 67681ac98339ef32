export { createRedisReplayStore, type RedisClient, type RedisReplayStoreOptions } from './replay/redis.js'
export { createRedisRevocationStore, type RedisRevocationStoreOptions } from './revocation/redis.js'
export type { StoreTrouble } from './replay/trouble.js'
