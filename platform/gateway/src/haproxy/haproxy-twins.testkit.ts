import { both, inFile, twin, type Twin } from '../gateway-twins.testkit.js'

const config = (change: (text: string) => string) => inFile('haproxy.cfg', change)
const lua = (change: (text: string) => string) => inFile('everyhop.lua', change)

const without = (lines: RegExp) => config((text) => text.replaceAll(lines, ''))
/** Beginnings of lines that are in every configuration. */
const ASKED = '    http-request lua.everyhop'
const CLOSED = '    http-request return status 503'
const DECIDED = '    # The bytes that were decided, in origin form.'
const CHOSEN = '    # The decision chooses the next hop'
const insertBefore = (mark: string, ...lines: readonly string[]) =>
  config((text) => text.replace(mark, () => [...lines.map((line) => `    ${line}`), mark].join('\n')))

/** The backend of the first next hop. */
const backendIn = (text: string): string => /^backend (\S+)/m.exec(text)?.[1] ?? ''
const socketIn = (text: string): string => /# Asks at (\S+),/.exec(text)?.[1] ?? ''

const ALL_REMOVAL = /^ {4}http-request del-header (?!Connection|Upgrade|Client-Cert|Everyhop-Hop|Signature).*\n/gm

/** Mistakes that people make in HAProxy, in what `haproxyConfig` writes. */
export const HAPROXY_TWINS: readonly Twin[] = [
  twin(
    'the proof is stripped after the decision',
    'an honest request arrives, as the application confirms',
    insertBefore(CHOSEN, 'http-request del-header DPoP'),
  ),
  twin(
    'fields are renamed after they were signed',
    'an honest request arrives, as the application confirms',
    insertBefore(CHOSEN, 'http-request set-header Authorization %[req.hdr(Authorization),regsub(^DPoP,Bearer)]'),
  ),
  twin(
    'the application gets the Host of the client',
    'an honest request arrives, as the application confirms',
    without(/^ {4}http-request set-header Host .*\n/gm),
  ),
  twin('"option forwardfor" style: nothing that clients claim is removed', 'what a client forges does not arrive', without(ALL_REMOVAL)),
  twin(
    'names with "_" are let in',
    'nor in another spelling',
    config((text) => text.replace('restrict-req-hdr-names delete', 'restrict-req-hdr-names preserve')),
  ),
  twin(
    'X-SSL-Client-* is passed on, and the service is told of credentials only',
    'nor in another spelling',
    both(
      without(/^ {4}http-request del-header X-.*\n|^ {4}option http-restrict-req-hdr-names delete\n/gm),
      lua((text) => text.replace('if not UNTOLD[name:lower()] then', "if name == 'authorization' or name == 'dpop' then")),
    ),
  ),
  twin(
    'Connection goes on as it came',
    'a proof that Connection lists arrives nevertheless',
    without(/^ {4}http-request (?:del|set)-header Connection .*\n/gm),
  ),
  twin('two proofs are made one before anybody counts them', 'two proofs are refused', insertBefore(ASKED, 'http-request set-header DPoP %[req.hdr(DPoP)]')),
  twin(
    'retries of everything',
    'a proof is sent once, even where the application dies under it',
    config((text) => text.replace(/retries 0 .*/, 'retries 3').replace('retry-on none', 'retry-on all-retryable-errors')),
  ),
  twin('the path is decoded on its way', 'a path arrives byte for byte', insertBefore(CHOSEN, 'http-request set-path %[path,url_dec]')),
  twin(
    'the path is normalised before anybody sees it',
    'a path arrives byte for byte',
    insertBefore('    # What was seen of the request.', 'http-request set-path %[path,regsub(%7E,~,g)]'),
  ),
  twin(
    'open where there is no decision: the closing rule is gone and a default backend there',
    'without a decision nothing arrives',
    config((text) =>
      text
        .replaceAll(/^ {4}http-request return status 503 .*\n/gm, '')
        .replace(
          'http-request set-uri %[var(txn.everyhop_target)]',
          'http-request set-uri %[var(txn.everyhop_target)] if { var(txn.everyhop_target) -m found }',
        )
        .replace(/^ {4}use_backend (\S+) .*\n/m, (rule, backend: string) => `${rule}    default_backend ${backend}\n`),
    ),
  ),
  twin(
    'a location without authentication',
    'a token without its proof is refused',
    config((text) =>
      text
        .replace(ASKED, () => `${ASKED} unless { path_beg / }`)
        .replace(CLOSED, () => `    use_backend ${backendIn(text)} if { path_beg / }\n${CLOSED}`)
        .replace('unless { var(txn.everyhop) -m str pass }', 'unless { path_beg / }')
        .replace('http-request set-uri %[var(txn.everyhop_target)]', 'http-request set-uri %[pathq]'),
    ),
  ),
  twin(
    'no client certificate is asked for',
    'an honest request with a certificate arrives, as the application confirms',
    config((text) => text.replace('verify optional', 'verify none')),
  ),
  twin(
    'certificates of any CA count',
    'a certificate of an unknown CA is none',
    config((text) => text.replace('verify optional', 'verify optional crt-ignore-err all ca-ignore-err all').replace(' { ssl_c_verify 0 }', '')),
  ),
  twin('early data is not told', 'what came in early data is refused', insertBefore(ASKED, 'http-request del-header Early-Data')),
  twin('h2c goes on', 'nothing but a WebSocket leaves HTTP', without(/^ {4}http-request (?:del|set)-header (?:Connection|Upgrade) .*\n/gm)),
  twin(
    'own error pages take the place of refusals',
    'the exact refusal reaches the client',
    insertBefore(DECIDED, 'http-after-response del-header WWW-Authenticate'),
  ),
  twin(
    'the service is a backend too, and what clients claim is not removed',
    'a client cannot ask the service that signs',
    both(
      config((text) =>
        text
          .replaceAll(ALL_REMOVAL, '')
          .replace(ASKED, () => `    use_backend everyhop_health if { path /check }\n${ASKED} unless { path /check }`)
          .replace('unless { var(txn.everyhop) -m str pass }', 'unless { var(txn.everyhop) -m str pass } || { path /check }')
          .replace('http-request set-uri %[var(txn.everyhop_target)]', 'http-request set-uri %[var(txn.everyhop_target)] unless { path /check }'),
      ),
      config(
        (text) => `${text}\nbackend everyhop_health\n    mode http\n    timeout connect 2s\n    timeout server 2s\n    server service unix@${socketIn(text)}\n`,
      ),
    ),
  ),
]

/** Mistakes that break nothing alone, since something else holds. */
export const HAPROXY_FORGIVEN: readonly Twin[] = [
  twin('the closing rule is gone', 'without a decision nothing arrives', without(/^ {4}http-request return status 503 .*\n/gm)),
  twin(
    'there is a default backend',
    'without a decision nothing arrives',
    config((text) => text.replace(/^ {4}use_backend (\S+) .*\n/m, (rule, backend: string) => `${rule}    default_backend ${backend}\n`)),
  ),
  twin('the action that asks is gone', 'a token without its proof is refused', without(/^ {4}http-request lua\.everyhop\n/gm)),
  twin('certificate fields are not removed: they are refused', 'what a client forges does not arrive', without(/^ {4}http-request del-header X-SSL-.*\n/gm)),
]
