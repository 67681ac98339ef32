import { both, swap, twin, type Twin } from '../gateway-twins.testkit.js'

const FIXED = both(
  swap('proxy_pass $everyhop_scheme://$everyhop_upstream;', 'proxy_pass http://everyhop_next_orders;'),
  swap('proxy_set_header Host $everyhop_authority;', 'proxy_set_header Host orders.internal:8080;'),
)
const DECISION = /internal;\s+(?=proxy_pass http:\/\/everyhop_decision\/decide;)/

/** Misconfigurations of nginx as people make them, by what they let happen. */
export const NGINX_TWINS: readonly Twin[] = [
  twin(
    'a location of its own for some paths',
    'no path is an exception',
    swap('    location / {', '    location /orders/public/ { proxy_pass http://everyhop_next_orders; }\n    location / {'),
    'a health check or a public part gets a location, and a location inherits no auth_request from its neighbour',
  ),
  twin(
    'decisions from a cache',
    'no path is an exception',
    both(
      swap(/(pid (\S+)\/nginx\.pid;[^]*?http \{\n)/, '$1    proxy_cache_path $2/cache keys_zone=twin:1m;\n'),
      swap(DECISION, 'internal; proxy_cache_methods POST; proxy_cache_key $http_authorization; proxy_cache_valid 200 1m; '),
      swap(/proxy_cache off;/, 'proxy_cache twin;'),
    ),
    'the decision service is asked too often for somebody, so that its answers are kept by token',
  ),
  twin(
    'an error page that is the application',
    'without a decision nothing arrives',
    both(
      swap('error_page 500 = @everyhop_closed;\n', 'error_page 500 = @open;\n'),
      swap('    location @everyhop_closed {', '    location @open { proxy_pass http://everyhop_next_orders; }\n        location @everyhop_closed {'),
    ),
    'an outage of the decision service is not to be an outage of the application',
  ),
  twin('the next hop is fixed', 'without a decision nothing arrives', FIXED, 'one upstream needs no map, and with it any 200 from the socket is enough'),
  twin(
    'the list of removed fields is shortened',
    'what a client forges does not arrive',
    swap(/proxy_set_header X-(?:User|SSL-Client-Cert|Forwarded-User|Original-URL) '';/g, ''),
    'a hundred lines look like too many, or a location sets one field and so inherits none',
  ),
  twin(
    "the client's certificate from a field",
    'a certificate that a client claims is none',
    both(swap('$ssl_client_escaped_cert', '$http_x_ssl_client_cert'), swap('Everyhop-Cert-Verify $ssl_client_verify', 'Everyhop-Cert-Verify SUCCESS')),
    'a load balancer in front conveyed it once; now clients come directly',
  ),
  twin(
    'the method is fixed',
    'a proof of another method is refused',
    swap('Everyhop-Method $request_method', 'Everyhop-Method GET'),
    'auth_request asks with GET, and the example that was copied did so too',
  ),
  twin(
    'the decision is told the decoded path',
    'a path arrives byte for byte',
    both(swap('satisfy all;', 'set $seen $uri; satisfy all;'), swap('Everyhop-Target $request_uri', 'Everyhop-Target $seen')),
    '$uri and $request_uri look alike; the first is what nginx made of the second',
  ),
  twin(
    'the application is sent the decoded path',
    'a path arrives byte for byte',
    swap('$everyhop_scheme://$everyhop_upstream;', '$everyhop_scheme://$everyhop_upstream$uri;'),
    'proxy_pass with a URI, here $uri, has nginx write the path anew',
  ),
  twin(
    'a rewrite after the decision',
    'a path arrives byte for byte',
    swap('satisfy all;', 'rewrite ^/orders/(.*)$ /v2/orders/$1 break; satisfy all;'),
    'an old path is kept alive with a rewrite, which the decision does not see',
  ),
  twin(
    'the next server gets it too',
    'a proof is sent once, even where the application dies under it',
    both(swap(/(upstream everyhop_next_orders \{ )(server [^;]+;)/, '$1$2 $2'), swap('proxy_next_upstream off;   # a proof', '# a proof')),
    'proxy_next_upstream is on by default and sends a request without content again',
  ),
  twin(
    'answers lead into internal locations',
    'an attestation is given to no client',
    swap('proxy_ignore_headers X-Accel-Redirect;', ''),
    'X-Accel-Redirect is obeyed unless it is ignored',
  ),
  twin(
    'any upgrade is passed on',
    'nothing but a WebSocket leaves HTTP',
    both(
      swap('proxy_set_header Upgrade $everyhop_upgrade;', 'proxy_set_header Upgrade $http_upgrade;'),
      swap('proxy_set_header Connection $everyhop_connection;', 'proxy_set_header Connection upgrade;'),
    ),
    'the lines for WebSocket that everybody copies pass on what the client names',
  ),
  twin(
    'the proof is removed',
    'an honest request arrives, as the application confirms',
    swap('proxy_set_header Everyhop-Hop $everyhop_hop;', "proxy_set_header DPoP '';\n        proxy_set_header Everyhop-Hop $everyhop_hop;"),
    'the gateway has checked it, so somebody tidied it away',
  ),
  twin(
    'error pages for everything',
    "the application's own challenge reaches the client",
    swap(/proxy_intercept_errors off;(?=\s+proxy_ignore_headers)/, 'proxy_intercept_errors on;'),
    'proxy_intercept_errors gives all errors one look, and takes the challenge out of them',
  ),
  twin(
    'the refusal is an error page',
    'the exact refusal reaches the client',
    swap('error_page 401 403 = @everyhop_refuse;', ''),
    'auth_request is used as in its example: the client gets one challenge and no reason',
  ),
  twin(
    "the client's host is passed on",
    'an honest request arrives, as the application confirms',
    swap('proxy_set_header Host $everyhop_authority;', 'proxy_set_header Host $host;'),
    'proxy_set_header Host $host is in every example; the attestation names the next hop',
  ),
  twin(
    'certificates are taken from anybody',
    'a certificate of an unknown CA is none',
    both(
      swap('ssl_verify_client optional;', 'ssl_verify_client optional_no_ca;'),
      swap('Everyhop-Cert-Verify $ssl_client_verify', 'Everyhop-Cert-Verify SUCCESS'),
    ),
    'a test with a certificate of its own making failed until optional_no_ca was there',
  ),
  twin(
    'satisfy any, and a fixed next hop',
    'no path is an exception',
    both(FIXED, swap('satisfy all;', 'satisfy any; allow all;')),
    'an allow list of addresses is to replace the decision, and it matches the load balancer in front',
  ),
]

export const NGINX_FORGIVEN: readonly Twin[] = [
  twin('satisfy any', 'no path is an exception', swap('satisfy all;', 'satisfy any; allow all;'), 'without a decision there is no next hop'),
  twin(
    'the location of the decision is not internal',
    'a client cannot ask the service that signs',
    swap(DECISION, ''),
    'the service is told what nginx saw: its own path',
  ),
]
