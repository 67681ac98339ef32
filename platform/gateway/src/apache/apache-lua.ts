import type { Slice } from '@everyhop/chain'
import type { ConfigOptions } from '../config/config-options.js'
import { waysOf } from '../config/ways.js'
import { ANSWER_LUA, setUpLua } from '../lua/answer-lua.js'

/**
 * The hooks that ask the decision service, for mod_lua with LuaSocket. The first one makes a proxied request of one that passes:
 * the configuration has no `ProxyPass` of its own, so that where it is not run nothing leads to an application.
 */
export function apacheLua(slice: Slice, options: ConfigOptions): string {
  const ways = waysOf(slice, options).ways.map((way) => `  ['${way.hop}'] = { url = '${way.scheme}://${way.server}', authority = '${way.authority}' },`)
  return [setUpLua(slice, options, 'Apache'), 'local WAYS = {', ...ways, `}\n${ANSWER_LUA}${HOOKS}`].join('\n')
}

const HOOKS = String.raw`
local unix = require 'socket.unix'
local random = assert(io.open('/dev/urandom', 'rb'))

local function new_id()
  return (random:read(16):gsub('.', function(byte) return ('%02x'):format(byte:byte()) end))
end

-- One spelling for each field: a name with "_" is for CGI programs the same as one with "-".
local function drop_other_spellings(r)
  for name in pairs(r:headers_in_table()) do
    if name:find('[^%w-]') then r.headers_in[name] = nil end
  end
end

-- "Connection: DPoP" would make mod_proxy drop the proof. Only a WebSocket may leave HTTP: after "Upgrade: h2c" nothing is decided.
local function keep_to_http(r)
  local is_websocket = (r.headers_in['Upgrade'] or ''):lower() == 'websocket'
  local closes = (',' .. (r.headers_in['Connection'] or '') .. ','):lower():find(',%s*close%s*,')
  r.headers_in['Upgrade'] = is_websocket and 'websocket' or nil
  r.headers_in['Connection'] = is_websocket and 'Upgrade' or closes and 'close' or nil
end

-- The request as it will go on: every field that is left is told.
local function question(r)
  local lines = {
    'POST /check HTTP/1.1', 'Host: decision', 'Connection: close', 'Content-Length: 0',
    line_of('Everyhop-Method', r.method),
    line_of('Everyhop-Target', r.unparsed_uri),
    line_of('Everyhop-Request', new_id()),
    line_of('Everyhop-Peer', r.useragent_ip),
  }
  local pem = r:ssl_var_lookup('SSL_CLIENT_CERT') or ''
  if pem ~= '' and r:ssl_var_lookup('SSL_CLIENT_VERIFY') == 'SUCCESS' then
    lines[#lines + 1] = line_of('Everyhop-Cert', (pem:gsub('%-%-%-%-%-[^-]+%-%-%-%-%-', ''):gsub('%s', '')))
    lines[#lines + 1] = 'Everyhop-Cert-Verify: SUCCESS'
  end
  local _, occurrences = r:headers_in_table()
  for name, values in pairs(occurrences) do
    for _, value in ipairs(values) do
      if not UNTOLD[name:lower()] then lines[#lines + 1] = line_of(name, value) end
    end
  end
  return table.concat(lines, '\r\n') .. '\r\n\r\n'
end

local function ask(r)
  local told = question(r)
  local service = unix.stream()
  service:settimeout(SECONDS, 't')
  assert(service:connect(SOCKET))
  local is_read, answer = pcall(function()
    assert(service:send(told))
    return read_answer(function() return assert(service:receive('*l')) end, function(length) return service:receive(length) end)
  end)
  service:close()
  if not is_read then error(answer) end
  answer.verdict = only(answer, 'everyhop-verdict')
  if answer.verdict == 'pass' then
    answer.passes = passing(answer, r.unparsed_uri)
    answer.way = assert(WAYS[answer.passes.next])
  end
  return answer
end

local function let_pass(r, answer)
  for name in pairs(SETS) do r.headers_in[name] = answer.passes.fields[name] end
  r.headers_in['Host'] = answer.way.authority
  r.headers_in['X-Forwarded-For'] = r.useragent_ip
  r.headers_in['X-Forwarded-Proto'] = 'https'
  if answer.passes.nonce then r.subprocess_env['EVERYHOP_NONCE'] = answer.passes.nonce end
  r.subprocess_env['proxy-prefetch-nonblocking'] = '1'   -- content goes on while it comes
  r.notes['proxy-nocanon'] = '1'                         -- the bytes that were decided
  r.notes['everyhop'] = 'pass'
  r.proxyreq = apache2.PROXYREQ_REVERSE
  r.handler = 'proxy-server'
  r.filename = 'proxy:' .. answer.way.url .. answer.passes.target
  return apache2.OK
end

local function answer_with(r, status, fields, body)
  r.status = status
  local joined = {}
  for _, field in ipairs(fields) do
    local name, value = field[1], field[2]
    joined[name] = joined[name] and joined[name] .. ', ' .. value or value   -- mod_lua has one value for each name
  end
  for name, value in pairs(joined) do
    if name == 'content-type' then r.content_type = value else r.err_headers_out[name] = value end
  end
  r:write(body)
  return apache2.DONE
end

local function closed(r)
  local fields = { { 'content-type', 'application/problem+json' }, { 'cache-control', 'no-store' }, { 'retry-after', '1' } }
  return answer_with(r, 503, fields, '{"type":"about:blank","title":"Service Unavailable","status":503}')
end

-- Apache makes 500 of a 425 in HTTP/1.1: it says "later" in the way that it knows.
local function refuse(r, answer)
  local fields, status = shown(answer), answer.status
  if status == 425 then
    status = 503
    fields[#fields + 1] = { 'retry-after', '1' }
  end
  return answer_with(r, status, fields, answer.body)
end

function decide(r)
  local is_answer, answer = pcall(function()
    drop_other_spellings(r)
    keep_to_http(r)
    return ask(r)
  end)
  if is_answer and answer.verdict == 'pass' then return let_pass(r, answer) end
  if is_answer and answer.verdict == 'refuse' and answer.status >= 400 then return refuse(r, answer) end
  return closed(r)
end

-- Whatever another directive made of the request: what was not decided ends here.
function require_decision(r)
  if r.notes['everyhop'] == 'pass' then return apache2.DECLINED end
  return closed(r)
end
`
