/**
 * One sorted set holds everything, so that it is lost as a whole or not at all: revocations by a number that only grows; with score 0
 * the marker of this memory, `<life> <since>`; and `last`, whose score is the last number, negative.
 *
 * `life` is the replication id of the server, new with each start and promotion: unless every write was safe before it was
 * confirmed, the last ones may be gone then. ARGV[1] says so with
 * `durable`, and with `new` that a memory which is not there never was.
 */
const MEMORY = `
local log = KEYS[1]
local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then return redis.error_reply('NOTPRIMARY a replica answers') end
local life = string.match(replication, 'master_replid:(%x+)') or ''
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local marker = redis.call('ZRANGEBYSCORE', log, 0, 0)[1]
local last = -tonumber(redis.call('ZSCORE', log, 'last') or 0)
local function begin(since)
  if marker then redis.call('ZREM', log, marker) end
  marker = life .. ' ' .. since
  last = math.max(last, 1)
  redis.call('ZADD', log, 0, marker, -last, 'last')
end
local before = marker and string.match(marker, '^(%S*) ')
local began = string.format('%.6f', now)
if not marker or last == 0 then
  begin(string.find(ARGV[1], 'new', 1, true) and '0' or began)
elseif before ~= life then
  begin(string.find(ARGV[1], 'durable', 1, true) and string.match(marker, ' (%S+)$') or began)
end
`

/** ARGV: durable, marker that the caller knows, number of the last revocation that it knows, how many to tell at most. */
export const CHANGES_SCRIPT = `${MEMORY}
if ARGV[2] == marker and tonumber(ARGV[3]) > last then
  last = tonumber(ARGV[3])
  begin(began)
end
local after = ARGV[2] == marker and ARGV[3] or '0'
local page = redis.call('ZRANGEBYSCORE', log, '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[4])
return { string.format('%.6f', now), marker, string.format('%d', last), page }
`

/** ARGV: durable, how many may live at once, the revocations. */
export const REVOKE_SCRIPT = `${MEMORY}
local added = {}
for index = 3, #ARGV do
  if not redis.call('ZSCORE', log, ARGV[index]) then added[#added + 1] = ARGV[index] end
end
if redis.call('ZCARD', log) - 2 + #added > tonumber(ARGV[2]) then return 'full' end
for _, text in ipairs(added) do
  last = last + 1
  redis.call('ZADD', log, last, text)
end
redis.call('ZADD', log, -last, 'last')
return 'revoked'
`

/** ARGV: durable, number to go on after, how many to look at, seconds that one is kept beyond its end. The number to go on after; '' at the end. */
export const SWEEP_SCRIPT = `${MEMORY}
local page = redis.call('ZRANGEBYSCORE', log, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for index = 1, #page, 2 do
  local ends = tonumber(string.match(page[index], '^{"until":([%d.e+-]+)'))
  if ends and ends + tonumber(ARGV[4]) < now then redis.call('ZREM', log, page[index]) end
end
return page[#page] or ''
`
