import { both, inFile, twin, type Twin } from '../gateway-twins.testkit.js'

const config = (change: (text: string) => string) => inFile('everyhop.conf', change)
const lua = (change: (text: string) => string) => inFile('everyhop.lua', change)

const without = (lines: RegExp) => config((text) => text.replaceAll(lines, ''))
/** Into the virtual host, before whatever is there. */
const add = (...lines: readonly string[]) => config((text) => text.replace(/^<VirtualHost .*>$/m, (mark) => [mark, ...lines].join('\n')))

const ALL_REMOVAL = /^ {4}RequestHeader unset .* early\n/gm
/** mod_proxy comes before the hook that asks, and none after it requires a decision. */
const LATE = config((text) => text.replaceAll(/^ {4}LuaHookFixups .*\n/gm, '').replace(' decide early', ' decide late'))

/** The first next hop, and the service that signs, as the Lua file has them. */
const wayIn = (text: string): string => /^<Proxy "(.+)">|^ {4}<Proxy "(.+)">/m.exec(text)?.slice(1).find(Boolean) ?? ''
const socketIn = (text: string): string => /# Asks at (\S+),/.exec(text)?.[1] ?? ''

/** Mistakes that people make in Apache, in what `apacheConfig` writes. */
export const APACHE_TWINS: readonly Twin[] = [
  twin('the proof is stripped after the decision', 'an honest request arrives, as the application confirms', add('RequestHeader unset DPoP')),
  twin(
    'the token is renamed after it was signed',
    'an honest request arrives, as the application confirms',
    add('RequestHeader edit Authorization ^DPoP Bearer'),
  ),
  twin(
    'the application gets another Host than the one signed for',
    'an honest request arrives, as the application confirms',
    config((text) => text.replaceAll('ProxyPreserveHost On', 'ProxyPreserveHost Off')),
  ),
  twin('nothing that clients claim is removed', 'what a client forges does not arrive', without(ALL_REMOVAL)),
  twin(
    'names with "_" are let in',
    'nor in another spelling',
    lua((text) => text.replaceAll('drop_other_spellings(r)\n    keep', 'keep')),
  ),
  twin(
    'X-SSL-Client-* is passed on, and the service is told of credentials only',
    'nor in another spelling',
    both(
      without(/^ {4}RequestHeader unset X-.* early\n/gm),
      lua((text) =>
        text
          .replaceAll('drop_other_spellings(r)\n    keep', 'keep')
          .replace('if not UNTOLD[name:lower()] then', "if name:lower() == 'authorization' or name:lower() == 'dpop' then"),
      ),
    ),
  ),
  twin(
    'Connection is acted on as it came: mod_proxy drops the proof',
    'a proof that Connection lists arrives nevertheless',
    lua((text) => text.replaceAll(/^ {4}keep_to_http\(r\)\n/gm, '')),
  ),
  twin('the first of two proofs is taken', 'two proofs are refused', add('RequestHeader edit DPoP ",.*$" "" early')),
  twin(
    'the path is written anew by mod_proxy',
    'a path arrives byte for byte',
    lua((text) => text.replace("r.notes['proxy-nocanon'] = '1'", '')),
  ),
  twin('encoded slashes are not found', 'a path arrives byte for byte', without(/^ {4}AllowEncodedSlashes .*\n/gm)),
  twin(
    'open where there is no decision: the hooks decline and a ProxyPass is there',
    'without a decision nothing arrives',
    both(
      lua((text) => text.replaceAll('return closed(r)', 'return apache2.DECLINED')),
      config((text) => text.replace(/^ {4}LuaScope/m, (mark) => `    ProxyPass "/" "${wayIn(text)}/"\n${mark}`)),
    ),
  ),
  twin(
    'a location of its own: ProxyPass before the first hook, and no second one',
    'a token without its proof is refused',
    both(
      LATE,
      config((text) => text.replace(/^ {4}LuaScope/m, (mark) => `    ProxyPass "/orders" "${wayIn(text)}/orders"\n${mark}`)),
    ),
  ),
  twin(
    'no client certificate is asked for',
    'an honest request with a certificate arrives, as the application confirms',
    config((text) => text.replace('SSLVerifyClient optional', 'SSLVerifyClient none')),
  ),
  twin(
    'certificates of any CA count',
    'a certificate of an unknown CA is none',
    both(
      config((text) => text.replace('SSLVerifyClient optional', 'SSLVerifyClient optional_no_ca')),
      lua((text) => text.replace(" and r:ssl_var_lookup('SSL_CLIENT_VERIFY') == 'SUCCESS'", '')),
    ),
  ),
  twin('early data is not told', 'what came in early data is refused', add('RequestHeader unset Early-Data early')),
  twin(
    'h2c goes on',
    'nothing but a WebSocket leaves HTTP',
    both(
      config((text) => text.replaceAll('upgrade=websocket', 'upgrade=ANY')),
      lua((text) => text.replace("local is_websocket = (r.headers_in['Upgrade'] or ''):lower() == 'websocket'", 'do return end')),
    ),
  ),
  twin(
    'own error pages take the place of refusals',
    'the exact refusal reaches the client',
    lua((text) => text.replace('return refuse(r, answer) end', 'return answer.status end')),
  ),
  twin(
    'the service is proxied to, "to check its health", and what clients claim is not removed',
    'a client cannot ask the service that signs',
    both(
      LATE,
      config((text) =>
        text.replaceAll(ALL_REMOVAL, '').replace(/^ {4}LuaScope/m, (mark) => `    ProxyPass "/check" "unix:${socketIn(text)}|http://decision/check"\n${mark}`),
      ),
    ),
  ),
]

const proxyPass = config((text) => text.replace(/^ {4}LuaScope/m, (mark) => `    ProxyPass "/" "${wayIn(text)}/"\n${mark}`))

/** Mistakes that break nothing alone, since something else holds. */
export const APACHE_FORGIVEN: readonly Twin[] = [
  twin('a ProxyPass beside the hooks', 'a token without its proof is refused', proxyPass),
  twin('a ProxyPass, and the hook that asks is gone', 'a token without its proof is refused', both(proxyPass, without(/^ {4}LuaHookTranslateName .*\n/gm))),
  twin(
    'a ProxyPass, and the hook that requires a decision is gone',
    'without a decision nothing arrives',
    both(proxyPass, without(/^ {4}LuaHookFixups .*\n/gm)),
  ),
  twin('certificate fields are not removed: they are refused', 'what a client forges does not arrive', without(/^ {4}RequestHeader unset X-SSL-.*\n/gm)),
]
