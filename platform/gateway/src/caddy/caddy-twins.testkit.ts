import { both, swap, twin, type Twin } from '../gateway-twins.testkit.js'

/** The application's address, in whichever place it stands first. */
const toApplication = (make: (address: string) => (text: string) => string) => (text: string) => {
  const [, address] = /handle_response @next_orders \{[^]*?reverse_proxy (\S+) \{/.exec(text) ?? []
  if (address === undefined) throw new Error('the twin finds no next hop')
  return make(address)(text)
}

/** Misconfigurations of Caddy as people make them, by what they let happen. */
export const CADDY_TWINS: readonly Twin[] = [
  twin(
    'a handler of its own for some paths',
    'no path is an exception',
    toApplication(
      (address) => (text) =>
        swap('\troute {\n\t\trequest_body', `\thandle /orders/public/* {\n\t\treverse_proxy ${address}\n\t}\n\troute {\n\t\trequest_body`)(text, ''),
    ),
    'a health check or a public part is answered before the decision is asked',
  ),
  twin(
    'any 2xx is a pass',
    'without a decision nothing arrives',
    swap(/(?<=@next_orders \{\s+)status 200\s+header Everyhop-Verdict pass\s+header Everyhop-Next orders/, 'status 2xx'),
    'forward_auth takes any 2xx for consent, and so does who writes it out by hand',
  ),
  twin(
    'errors lead to the application',
    'without a decision nothing arrives',
    toApplication((address) => (text) => swap(/respond `.*/, `reverse_proxy ${address}`)(text, '')),
    'an outage of the decision service is not to be an outage of the application',
  ),
  twin(
    'the list of removed fields is shortened',
    'what a client forges does not arrive',
    swap(/request_header -X-(?:User|SSL-Client-Cert|Forwarded-User|Original-URL)\n/g, '\n'),
    'a hundred lines look like too many; copy_headers removes only what it copies',
  ),
  twin(
    'names with underscores pass',
    'nor in another spelling',
    swap('request_header -*_*\n', '\n'),
    'Caddy passes them on, and to CGI-like applications SSL_CLIENT_CERT is what their server sets',
  ),
  twin(
    "the client's Client-Cert stays where there is none to set",
    'what a client forges does not arrive',
    swap('request_header -Client-Cert\n', '\n'),
    'a field that is set only with a certificate must be removed without one',
  ),
  twin(
    "the client's certificate from a field",
    'a certificate that a client claims is none',
    both(
      swap('request_header -X-SSL-Client-Cert\n', '\n'),
      swap('{http.request.tls.client.certificate_der_base64}', '{http.request.header.X-SSL-Client-Cert}'),
      swap('Everyhop-Cert-Verify {everyhop_verified}', 'Everyhop-Cert-Verify SUCCESS'),
    ),
    'a load balancer in front conveyed it once; now clients come directly',
  ),
  twin(
    'the method is fixed',
    'a proof of another method is refused',
    swap('Everyhop-Method {http.request.orig_method}', 'Everyhop-Method GET'),
    'forward_auth asks with GET, and the field that tells the real one was filled from it',
  ),
  twin(
    'the decision is told the decoded path',
    'a path arrives byte for byte',
    swap('Everyhop-Target {http.request.orig_uri}', 'Everyhop-Target {http.request.orig_uri.path}'),
    '{path} and {uri} look alike; the first is what Caddy made of the second',
  ),
  twin(
    'a rewrite after the decision',
    'a path arrives byte for byte',
    swap(/(?<=route \{\n\s+)vars everyhop decided\n/, 'vars everyhop decided\nuri replace /orders/ /v2/orders/\n'),
    'an old path is kept alive with a rewrite, which the decision does not see',
  ),
  twin(
    'connections to the application are kept',
    'a proof is sent once, even where the application dies under it',
    swap('keepalive off\n', 'keepalive 2m\n'),
    'it is the default: where a kept connection dies, a request without content is sent again',
  ),
  twin(
    'any upgrade is passed on',
    'nothing but a WebSocket leaves HTTP',
    both(swap('request_header @plain -Connection\n', '\n'), swap('request_header @plain -Upgrade\n', '\n')),
    'it is the default: Caddy passes on what the client names',
  ),
  twin(
    'the client may name fields of its connection',
    'a proof that Connection lists arrives nevertheless',
    both(swap('request_header @plain -Connection\n', '\n'), swap('request_header @websocket Connection Upgrade\n', '\n')),
    'it is the default: what Connection names is removed, after nothing and before everything',
  ),
  twin(
    'the order is left to Caddy',
    'an honest request with a certificate arrives, as the application confirms',
    (text) => swap(/handle_response @next_orders \{\n\s+route \{/, 'handle_response @next_orders {\n\t\t\t\thandle {')(text, ''),
    'without route, directives are sorted, and the certificate is removed after it was set',
  ),
  twin(
    'the proof is removed',
    'an honest request arrives, as the application confirms',
    swap('header_up -X-Forwarded-Host\n', 'header_up -DPoP\n'),
    'the gateway has checked it, so somebody tidied it away',
  ),
  twin(
    'a body of its own for refusals',
    'the exact refusal reaches the client',
    swap('copy_response\n', 'respond "no" 401\n'),
    'errors are to look alike, and the challenge goes with what they looked like',
  ),
  twin(
    'logs with the fields of requests',
    'no proof is logged',
    swap(/request>headers delete\n/g, '\n'),
    'the filter is taken out to see more; Caddy hides Authorization by itself, and no proof',
  ),
  twin(
    "the client's host is passed on",
    'an honest request arrives, as the application confirms',
    swap('header_up Host orders.internal:8080\n', '\n'),
    'it is the default; the attestation names the next hop',
  ),
  twin(
    'certificates are taken from anybody',
    'a certificate of an unknown CA is none',
    swap('mode verify_if_given', 'mode request'),
    'a test with a certificate of its own making failed until the mode was request',
  ),
]

export const CADDY_FORGIVEN: readonly Twin[] = [
  twin(
    'another handler after the decision',
    'without a decision nothing arrives',
    swap('\thandle_errors {', '\trespond "a page" 200\n\n\thandle_errors {'),
    'a route that has answered is the last',
  ),
]
