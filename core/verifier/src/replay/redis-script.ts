import { LONGEST_LIFE } from './replay-store.js'

/**
 * One spend, in one round trip and atomically. It proves for itself in which life of the server it runs: `master_replid` is new
 * with every start of the process and every promotion, so that no connection, queue or second instance can be mistaken about it.
 *
 * KEYS: the marker of a bucket; the sorted set of an owner (ids by their last second), or the key of an id without owner.
 * ARGV: id ('' only looks after the marker), until, from, the caller's time, difference of clocks allowed, limit of an owner (0: none),
 * when it was made, its kind.
 *
 * Once a second a bucket sees whether the server may evict, or did, and keeps the time: one that goes back is a loss of memory too,
 * since keys that were over by the later time are gone.
 *
 * The marker also holds, kind by kind, for how many seconds what was spent is remembered after it was made, and when the latest of it
 * was made ('71:1790000000 311:1790000002'): an instance that lets proofs live longer refuses what one with a shorter memory may have spent.
 */
export const SPEND_SCRIPT = `
if (redis.REDIS_VERSION_NUM or 0) < 0x00070000 then return 'too-old' end
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local difference = tonumber(ARGV[5])
if not (math.abs(tonumber(ARGV[4]) - now) <= difference) then return 'clocks-differ' end

local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then return 'not-primary' end
local life = string.match(replication, 'master_replid:(%x+)')
local marker = redis.call('HMGET', KEYS[1], 'life', 'since', 'seen', 'evicted', ARGV[8])
local since, seen, evicted = tonumber(marker[2]), tonumber(marker[3]), marker[4]
local lost = not life or marker[1] ~= life or not since or not seen or now < seen - 1

if lost or now >= seen + 1 then
  local memory = redis.call('INFO', 'memory')
  local bounded = string.match(memory, 'maxmemory:(%d+)') ~= '0'
  if bounded and string.match(memory, 'maxmemory_policy:([%w-]+)') ~= 'noeviction' then return 'evicting' end
  local before = evicted
  evicted = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
  lost = lost or before ~= evicted
  if lost then since = math.ceil(math.max(now, seen or 0) + difference) + 1 end
  seen = math.floor(now)
  redis.call('HSET', KEYS[1], 'life', life or '', 'since', since, 'seen', seen, 'evicted', evicted)
end
local id, last = ARGV[1], tonumber(ARGV[2])
if id == '' then return 'ready' end
if not (last + difference >= now) then return 'over' end
if lost then return 'lost' end

local limit, made = tonumber(ARGV[6]), tonumber(ARGV[7])
local gone = last + math.ceil(difference) + 1
local isOld = not (tonumber(ARGV[3]) >= since and made <= last)
local span, kept, latest = math.floor(last + difference) - made, '', -1
for other, at in string.gmatch(marker[5] or '', '(%d+):(%d+)') do
  isOld = isOld or tonumber(at) >= made and now > made + other
  if tonumber(other) == span then latest = tonumber(at) elseif at + ${LONGEST_LIFE} > now then kept = kept .. other .. ':' .. at .. ' ' end
end
local function keepSpan()
  if latest < made then redis.call('HSET', KEYS[1], ARGV[8], kept .. span .. ':' .. made) end
end
if limit == 0 then
  if redis.call('EXISTS', KEYS[2]) == 1 then return 'spent' end
  if isOld then return 'forgotten' end
  redis.call('SET', KEYS[2], '', 'EXAT', gone)
  keepSpan()
  return 'fresh'
end
local remembered = redis.call('ZSCORE', KEYS[2], id)
if remembered and tonumber(remembered) + difference >= now then return 'spent' end
if isOld then return 'forgotten' end
local alive = string.format('%.3f', now - difference)
if redis.call('ZCOUNT', KEYS[2], alive, '+inf') >= limit then return 'limit' end
-- First of all that writes, since only that is refused when the memory is full.
redis.call('ZADD', KEYS[2], last, id)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. alive)
if redis.call('EXPIRETIME', KEYS[2]) < gone then redis.call('EXPIREAT', KEYS[2], gone) end
keepSpan()
return 'fresh'
`
