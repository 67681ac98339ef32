import type { Slice } from '@everyhop/chain'
import { filePath, hopName, pathPrefix } from '../config/config-values.js'
import type { ConfigOptions } from '../config/config-options.js'
import { waysOf, type Ways } from '../config/ways.js'
import { CHANNEL_FIELDS, CREDENTIALS, HOP_FIELDS } from '../sensitive-fields.js'

/** The head of a product's Lua file: what its functions are set up with. */
export function setUpLua(slice: Slice, options: ConfigOptions, product: string): string {
  const { rewrite } = slice.next!
  return [
    `-- Everyhop: asks about each request of hop ${hopName(slice.hop)}. Generated for ${product}; change the manifest and generate again.`,
    `local SOCKET = '${filePath('the socket', options.socket)}'`,
    ...(rewrite ? [`local FROM, TO = '${pathPrefix(rewrite.from)}', '${pathPrefix(rewrite.to)}'`] : ['local FROM, TO']),
    '-- Not told to the service: what concerns the connection only, and what only this file may say.',
    `local UNTOLD = ${luaSet([...OF_THE_CONNECTION, 'host', ...CHANNEL_FIELDS])}`,
    `local SETS = { ${setBy(waysOf(slice, options).mode)} }   -- what the answer brings in place of what came`,
  ].join('\n')
}

const OF_THE_CONNECTION = ['connection', 'content-length', 'expect', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']

/** What of each field that a hop sets the answer must have; one that is removed comes from nobody. */
function setBy(mode: Ways['mode']): string {
  const ofHops = HOP_FIELDS.map((name) => [name, mode !== 'attested' ? 'removed' : name === 'Client-Cert' ? 'optional' : 'required'])
  const own = mode === 'rebound' ? CREDENTIALS.map((name) => [name, 'required']) : []
  return [...ofHops, ...own].map(([name = '', how]) => `['${name.toLowerCase()}'] = '${how}'`).join(', ')
}

const luaSet = (names: readonly string[]): string => `{ ${names.map((name) => `['${name.toLowerCase()}'] = true`).join(', ')} }`

/** Reads what the decision service says: the part that every product with Lua has in common. It raises an error for anything doubtful. */
export const ANSWER_LUA = String.raw`
local SECONDS = 2            -- in which the whole answer must be there
local MAX_FIELDS = 64
local MAX_BODY = 65536

-- A line of the question. Its value comes from the request: it must not be able to end the line.
local function line_of(name, value)
  if value:find('[\0\r\n]') then error('a value that cannot be told') end
  return name .. ': ' .. value
end

-- Status, fields as { name, value } and body; next_line raises an error where the answer is late or cut off.
local function read_answer(next_line, next_bytes)
  local status = assert(tonumber(next_line():match('^HTTP/1%.1 (%d%d%d) ')))
  local fields, length = {}, 0
  while true do
    local text = next_line()
    if text == '' then break end
    local name, value = text:match('^([%w-]+):%s*(.-)%s*$')
    if not name or #fields >= MAX_FIELDS then error('no field') end
    name = name:lower()
    if name == 'content-length' then length = assert(tonumber(value:match('^%d+$'))) end
    if name == 'transfer-encoding' then error('no length') end
    fields[#fields + 1] = { name, value }
  end
  if length > MAX_BODY then error('too long') end
  local body = length == 0 and '' or assert(next_bytes(length))
  if #body ~= length then error('cut off') end
  return { status = status, fields = fields, body = body }
end

-- The one value of a field; nil where there is none, an error where there are several.
local function only(answer, wanted)
  local found
  for _, field in ipairs(answer.fields) do
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

-- What goes on with a request that passes: all of it is there, or an error is raised.
local function passing(answer, seen)
  if answer.status ~= 200 then error('no answer of the service') end
  local passes = { next = assert(only(answer, 'everyhop-next')), target = target_of(seen), nonce = only(answer, 'dpop-nonce'), fields = {} }
  for name, how in pairs(SETS) do
    local value = how ~= 'removed' and only(answer, name) or nil
    if how == 'required' and not value then error('half an answer') end
    passes.fields[name] = value
  end
  return passes
end

local OF_THE_CHANNEL = { connection = true, ['keep-alive'] = true, ['content-length'] = true, date = true }

-- The fields that a refused client gets.
local function shown(answer)
  local fields = {}
  for _, field in ipairs(answer.fields) do
    if not OF_THE_CHANNEL[field[1]] and not field[1]:find('^everyhop%-') then fields[#fields + 1] = field end
  end
  return fields
end
`
