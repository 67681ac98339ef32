import { CHANNEL_FIELDS, HOP_FIELDS } from '../sensitive-fields.js'

export type LuaOptions = {
  readonly hop: string
  readonly socket: string
  /** Whether an answer that lets pass must bring the fields of an attestation. */
  readonly isAttested: boolean
  readonly rewrite?: { readonly from: string; readonly to: string }
}

/**
 * The action that asks the decision service, for HAProxy 2.6 and later. It speaks HTTP over `core.tcp` itself: HAProxy's own
 * `core.httpclient` asks up to four times where the service is slow or drops the connection, each time with the same proof.
 */
export function haproxyLua({ hop, socket, isAttested, rewrite }: LuaOptions): string {
  const setUp = [
    `-- Everyhop: asks about each request of hop ${hop}. Generated with haproxy.cfg; change the manifest and generate again.`,
    `local SOCKET = 'unix@${socket}'`,
    `local IS_ATTESTED = ${isAttested}`,
    ...(rewrite ? [`local FROM, TO = '${rewrite.from}', '${rewrite.to}'`] : ['local FROM, TO']),
    `-- Not told to the service: what only concerns the connection, and what only this file may say.`,
    `local UNTOLD = ${setOf(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', ...CHANNEL_FIELDS])}`,
    `local ATTESTED = ${setOf(HOP_FIELDS)}`,
  ]
  return `${setUp.join('\n')}\n${ASKING}`
}

const setOf = (names: readonly string[]): string => `{ ${names.map((name) => `['${name.toLowerCase()}'] = true`).join(', ')} }`

const ASKING = String.raw`
local SECONDS = 2            -- in which the whole answer must be there
local MAX_FIELDS = 64
local MAX_BODY = 65536

local function now()
  local at = core.now()
  return at.sec + at.usec / 1000000
end

-- The request as the rules before left it: every field that is there goes on to the application, so every field is told.
local function question(txn)
  local lines = {
    'POST /check HTTP/1.1', 'Host: decision', 'Connection: close', 'Content-Length: 0',
    'Everyhop-Method: ' .. txn.f:method(),
    'Everyhop-Target: ' .. txn:get_var('txn.everyhop_seen'),
    'Everyhop-Request: ' .. txn:get_var('txn.everyhop_id'),
    'Everyhop-Peer: ' .. txn.f:src(),
  }
  local certificate = txn:get_var('txn.everyhop_cert')
  if certificate then
    lines[#lines + 1] = 'Everyhop-Cert: ' .. certificate
    lines[#lines + 1] = 'Everyhop-Cert-Verify: SUCCESS'
  end
  if txn:get_var('txn.everyhop_early') then lines[#lines + 1] = 'Everyhop-Early: 1' end
  for name, values in pairs(txn.http:req_get_headers()) do
    for _, value in pairs(values) do
      if value:find('[%z\r\n]') then error('a field that cannot be told') end
      if not UNTOLD[name:lower()] then lines[#lines + 1] = name .. ': ' .. value end
    end
  end
  return table.concat(lines, '\r\n') .. '\r\n\r\n'
end

-- Status, fields as { name, value } and body. Raises an error for anything that is no whole answer.
local function ask(txn)
  local told = question(txn)
  local last = now() + SECONDS
  local service = core.tcp()
  service:settimeout(SECONDS)
  assert(service:connect(SOCKET))
  assert(service:send(told))
  local function line()
    if now() > last then error('late') end
    return assert(service:receive('*l'))
  end

  local status = assert(tonumber(line():match('^HTTP/1%.1 (%d%d%d) ')))
  local fields, length = {}, 0
  while true do
    local text = line()
    if text == '' then break end
    local name, value = text:match('^([%w-]+):%s*(.-)%s*$')
    if not name or #fields >= MAX_FIELDS then error('no field') end
    name = name:lower()
    if name == 'content-length' then length = assert(tonumber(value:match('^%d+$'))) end
    if name == 'transfer-encoding' then error('no length') end
    fields[#fields + 1] = { name, value }
  end
  if length > MAX_BODY then error('too long') end
  local body = length == 0 and '' or assert(service:receive(length))
  service:close()
  if #body ~= length then error('cut off') end
  return status, fields, body
end

-- The one value of a field; nil where there is none, an error where there are several.
local function only(fields, wanted)
  local found
  for _, field in ipairs(fields) do
    if field[1] == wanted then
      if found then error('said twice') end
      found = field[2]
    end
  end
  return found
end

local function target_of(seen)
  if not FROM then return seen end
  local rest = seen:sub(#FROM + 1)
  if seen:sub(1, #FROM) ~= FROM or not (rest == '' or rest:find('^[/?]')) then error('not rewritten') end
  return TO .. rest
end

-- What the rules after this action act on. Nothing is let pass unless all of it is there.
local function let_pass(txn, fields)
  local set = { next = assert(only(fields, 'everyhop-next')), target = target_of(txn:get_var('txn.everyhop_seen')) }
  for name in pairs(ATTESTED) do
    local value = only(fields, name)
    if IS_ATTESTED and not value and name ~= 'client-cert' then error('not attested') end
    set[name:gsub('everyhop%-', ''):gsub('%-', '_')] = value
  end
  set.nonce = only(fields, 'dpop-nonce')
  for name, value in pairs(set) do txn:set_var('txn.everyhop_' .. name, value) end
  txn:set_var('txn.everyhop', 'pass')
end

local OF_THE_CHANNEL = { connection = true, ['keep-alive'] = true, ['content-length'] = true, date = true }

local function refuse(txn, status, fields, body)
  local reply = txn:reply({ status = status })
  for _, field in ipairs(fields) do
    if not OF_THE_CHANNEL[field[1]] and not field[1]:find('^everyhop%-') then reply:add_header(field[1], field[2]) end
  end
  if txn.f:method() ~= 'HEAD' then reply:set_body(body) end
  txn:done(reply)
end

core.register_action('everyhop', { 'http-req' }, function(txn)
  local is_answer, status, fields, body = pcall(ask, txn)
  if not is_answer then return end
  local is_clear, verdict = pcall(only, fields, 'everyhop-verdict')
  if not is_clear then return end
  if verdict == 'pass' and status == 200 then pcall(let_pass, txn, fields) end
  if verdict == 'refuse' and status >= 400 then refuse(txn, status, fields, body) end
end)
`
