import type { Slice } from '@everyhop/chain'
import type { ConfigOptions } from '../config/config-options.js'
import { ANSWER_LUA, setUpLua } from '../lua/answer-lua.js'

/**
 * The action that asks the decision service, for HAProxy 2.6 and later. It speaks HTTP over `core.tcp` itself: HAProxy's own
 * `core.httpclient` asks up to four times where the service is slow or drops the connection, each time with the same proof.
 */
export const haproxyLua = (slice: Slice, options: ConfigOptions): string => setUpLua(slice, options, 'HAProxy') + ANSWER_LUA + ACTION

const ACTION = String.raw`
local function now()
  local at = core.now()
  return at.sec + at.usec / 1000000
end

-- The request as the rules before left it: every field that is there goes on to the application, so every field is told.
local function question(txn)
  local lines = {
    'POST /check HTTP/1.1', 'Host: decision', 'Connection: close', 'Content-Length: 0',
    line_of('Everyhop-Method', txn.f:method()),
    line_of('Everyhop-Target', txn:get_var('txn.everyhop_seen')),
    line_of('Everyhop-Request', txn:get_var('txn.everyhop_id')),
    line_of('Everyhop-Peer', txn.f:src()),
  }
  local certificate = txn:get_var('txn.everyhop_cert')
  if certificate then
    lines[#lines + 1] = line_of('Everyhop-Cert', certificate)
    lines[#lines + 1] = 'Everyhop-Cert-Verify: SUCCESS'
  end
  if txn:get_var('txn.everyhop_early') then lines[#lines + 1] = 'Everyhop-Early: 1' end
  for name, values in pairs(txn.http:req_get_headers()) do
    for _, value in pairs(values) do
      if not UNTOLD[name:lower()] then lines[#lines + 1] = line_of(name, value) end
    end
  end
  return table.concat(lines, '\r\n') .. '\r\n\r\n'
end

local function ask(txn)
  local told = question(txn)
  local last = now() + SECONDS
  local service = core.tcp()
  service:settimeout(SECONDS)
  assert(service:connect('unix@' .. SOCKET))
  assert(service:send(told))
  local function next_line()
    if now() > last then error('late') end
    return assert(service:receive('*l'))
  end
  local answer = read_answer(next_line, function(length) return service:receive(length) end)
  service:close()
  answer.verdict = only(answer, 'everyhop-verdict')
  if answer.verdict == 'pass' then answer.passes = passing(answer, txn:get_var('txn.everyhop_seen')) end
  return answer
end

-- What the rules after this action act on.
local function let_pass(txn, passes)
  for name, value in pairs(passes.fields) do
    txn:set_var('txn.everyhop_set_' .. name:gsub('%-', '_'), value)
  end
  txn:set_var('txn.everyhop_next', passes.next)
  txn:set_var('txn.everyhop_target', passes.target)
  if passes.nonce then txn:set_var('txn.everyhop_nonce', passes.nonce) end
  txn:set_var('txn.everyhop', 'pass')
end

local function refuse(txn, answer)
  local reply = txn:reply({ status = answer.status })
  for _, field in ipairs(shown(answer)) do reply:add_header(field[1], field[2]) end
  if txn.f:method() ~= 'HEAD' then reply:set_body(answer.body) end
  txn:done(reply)
end

-- Returning without a word is a refusal: the rule after this action answers 503.
core.register_action('everyhop', { 'http-req' }, function(txn)
  local is_answer, answer = pcall(ask, txn)
  if not is_answer then return end
  if answer.verdict == 'pass' then let_pass(txn, answer.passes) end
  if answer.verdict == 'refuse' and answer.status >= 400 then refuse(txn, answer) end
end)
`
