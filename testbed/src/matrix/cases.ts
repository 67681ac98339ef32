import type { Edit } from '../manifest-file.js'
import type { Case, Fault } from './build.js'
import type { Mistake } from './checks-by-hand.js'
import { PRODUCTS, type Product } from './gateways.js'
import type { IssuerMistake } from './issuer-by-hand.js'

const ORDERS: Fault = { hop: 'orders', owner: 'orders' }
const EDGE: Fault = { hop: 'edge', owner: 'edge' }
const MIDDLE: Fault = { hop: 'middle', owner: 'mesh' }
const ISSUER: Fault = { hop: 'issuer', owner: 'identity' }

/** Chains in which nothing is wrong, most of them without any part of ours. */
export const SOUND: readonly Case[] = [
  ...PRODUCTS.map((product): Case => ({ name: `${product} and checks, both by hand`, gateways: [product], application: 'by hand', faults: [] })),
  ...PRODUCTS.map((product): Case => ({ name: `${product} by hand before the guard`, gateways: [product], application: 'guard', faults: [] })),
  { name: 'checks by hand, called directly', gateways: [], application: 'by hand', faults: [] },
  { name: 'the guard, called directly', gateways: [], application: 'guard', faults: [] },
  { name: 'nginx before HAProxy, all by hand', gateways: ['nginx', 'haproxy'], application: 'by hand', faults: [] },
  { name: 'Caddy before Apache, and the guard', gateways: ['caddy', 'apache'], application: 'guard', faults: [] },
]

const put =
  (...pairs: readonly (readonly [from: string | RegExp, to: string])[]): Edit =>
  (text) =>
    pairs.reduce((config, [from, to]) => {
      const next = config.replace(from, to)
      if (next === config) throw new Error(`the configuration has no ${String(from)}`)
      return next
    }, text)

type Broken = { readonly what: string; readonly edits: Readonly<Partial<Record<Product, Edit>>> }

/** How people break a gateway, in the words of each product. */
const BROKEN: readonly Broken[] = [
  {
    what: 'drops DPoP',
    edits: {
      nginx: put(['proxy_http_version', 'proxy_set_header DPoP "";\n            proxy_http_version']),
      haproxy: put(['default_backend next', 'http-request del-header DPoP\n    default_backend next']),
      caddy: put(['header_up Host', 'header_up -DPoP\n        header_up Host']),
      apache: put(['ProxyAddHeaders Off', 'ProxyAddHeaders Off\n    RequestHeader unset DPoP']),
    },
  },
  {
    what: 'drops Authorization',
    edits: {
      nginx: put(['proxy_http_version', 'proxy_set_header Authorization "";\n            proxy_http_version']),
      haproxy: put(['default_backend next', 'http-request del-header Authorization\n    default_backend next']),
      caddy: put(['header_up Host', 'header_up -Authorization\n        header_up Host']),
      apache: put(['ProxyAddHeaders Off', 'ProxyAddHeaders Off\n    RequestHeader unset Authorization']),
    },
  },
  {
    what: 'passes on Client-Cert of the client',
    edits: {
      nginx: put([/ *proxy_set_header Client-Cert "";\n/, '']),
      haproxy: put([/ *http-request del-header Client-Cert\n/, '']),
      caddy: put([/ *header_up -Client-Cert\n/, '']),
      apache: put([/ *RequestHeader unset Client-Cert\n/, '']),
    },
  },
  {
    what: 'passes on X-SSL-Client-Cert of the client',
    edits: {
      nginx: put([/ *proxy_set_header X-SSL-Client-Cert "";\n/, '']),
      haproxy: put([/ *http-request del-header X-SSL-Client-Cert\n/, '']),
      caddy: put([/ *header_up -X-SSL-Client-Cert\n/, '']),
      apache: put([/ *RequestHeader unset X-SSL-Client-Cert\n/, '']),
    },
  },
  {
    what: 'passes on X-Forwarded-User of the client',
    edits: {
      nginx: put([/ *proxy_set_header X-Forwarded-User "";\n/, '']),
      haproxy: put([/ *http-request del-header X-Forwarded-User\n/, '']),
      caddy: put([/ *header_up -X-Forwarded-User\n/, '']),
      apache: put([/ *RequestHeader unset X-Forwarded-User\n/, '']),
    },
  },
  {
    what: 'makes one slash of two',
    edits: {
      nginx: put([/(proxy_pass http:\/\/127\.0\.0\.1:\d+);/, '$1/;']),
      haproxy: put(['default_backend next', 'http-request replace-path (.*)//(.*) \\1/\\2\n    default_backend next']),
      caddy: put(['reverse_proxy', 'uri replace // /\n    reverse_proxy']),
      apache: put(['MergeSlashes Off', 'MergeSlashes On'], [' nocanon', '']),
    },
  },
  {
    what: 'passes on one of two proofs',
    edits: {
      nginx: put(
        ['proxy_http_version', 'proxy_set_header DPoP $everyhop_first;\n            proxy_http_version'],
        ['server {', 'map $http_dpop $everyhop_first { "~^([^, ]+)" $1; }\n    server {'],
      ),
      haproxy: put(['default_backend next', 'http-request set-header DPoP %[req.fhdr(DPoP,1)] if { req.fhdr_cnt(DPoP) gt 0 }\n    default_backend next']),
      apache: put(['ProxyAddHeaders Off', 'ProxyAddHeaders Off\n    RequestHeader edit DPoP ",.*$" ""']),
    },
  },
]

const gatewayFaults = BROKEN.flatMap(({ what, edits }) =>
  PRODUCTS.flatMap((product): readonly Case[] => {
    const edit = edits[product]
    return edit ? [{ name: `${product} ${what}`, gateways: [product], edits: { 0: edit }, application: 'by hand', faults: [EDGE] }] : []
  }),
)

/** Each mistake behind another product in turn. */
const MISTAKES: readonly Mistake[] = [
  'asks for no proof',
  'takes Bearer for a bound token',
  'takes Bearer beside a proof',
  'does not compare the key',
  'takes the kid for the key',
  'does not verify the token',
  'does not verify the proof',
  'does not ask for the audience',
  'takes private keys',
  'takes the first of several proofs',
  'takes the last of several proofs',
  'forgets the token hash',
  'asks for the token hash where there is one',
  'forgets the method',
  'takes HEAD for GET',
  'forgets the target',
  'compares the start of the target',
  'compares targets by letter',
  'compares paths in small letters',
  'drops the last slash',
  'forgets the age',
  'forgets the future',
  'takes proofs without a time',
  'takes proofs without an identifier',
  'forgets replays',
  'asks a slow store for replays',
  'remembers replays by target',
  'remembers whole proofs',
  'lets in what it cannot read',
  'takes tokens from the query',
  'takes tokens from cookies',
  'knows the scheme in one spelling only',
  'asks for Bearer',
  'tells an error where nothing was sent',
]
const applicationFaults = MISTAKES.map((mistake, index): Case => ({
  name: `the application ${mistake}`,
  gateways: [PRODUCTS[index % PRODUCTS.length]!],
  application: 'by hand',
  mistakes: [mistake],
  faults: [ORDERS],
}))

const ISSUER_MISTAKES: readonly IssuerMistake[] = [
  'gives bearer tokens without a proof',
  'binds nothing',
  'takes proofs made for others',
  'does not verify proofs',
  'takes a proof twice',
  'gives tokens for a day',
  'offers symmetric algorithms',
  'hides the key when asked',
  'believes Client-Cert',
]
const issuerFaults = ISSUER_MISTAKES.map((mistake): Case => ({
  name: `the issuer ${mistake}`,
  gateways: ['nginx'],
  application: 'by hand',
  issuer: [mistake],
  faults: [ISSUER],
}))

/** The middleware of another project: it remembers no proofs, and more (docs/comparison.md). All of that is the application's. */
const peerFaults = PRODUCTS.map((product): Case => ({
  name: `${product} before the middleware of a peer`,
  gateways: [product],
  application: 'express-oauth2-jwt-bearer',
  faults: [ORDERS],
}))

const editOf = (what: string, product: Product): Edit => BROKEN.find((one) => one.what === what)!.edits[product]!

const twoHops: readonly Case[] = [
  { name: 'the first of two drops DPoP', gateways: ['nginx', 'haproxy'], edits: { 0: editOf('drops DPoP', 'nginx') }, application: 'by hand', faults: [EDGE] },
  {
    name: 'the second of two drops DPoP',
    gateways: ['nginx', 'haproxy'],
    edits: { 1: editOf('drops DPoP', 'haproxy') },
    application: 'by hand',
    faults: [MIDDLE],
  },
  {
    name: 'the first of two makes one slash of two',
    gateways: ['apache', 'caddy'],
    edits: { 0: editOf('makes one slash of two', 'apache') },
    application: 'by hand',
    faults: [EDGE],
  },
  {
    name: 'the second of two makes one slash of two',
    gateways: ['caddy', 'nginx'],
    edits: { 1: editOf('makes one slash of two', 'nginx') },
    application: 'by hand',
    faults: [MIDDLE],
  },
  {
    name: 'the second of two passes on one of two proofs',
    gateways: ['nginx', 'apache'],
    edits: { 1: editOf('passes on one of two proofs', 'apache') },
    application: 'by hand',
    faults: [MIDDLE],
  },
  {
    name: 'the application behind two forgets replays',
    gateways: ['haproxy', 'apache'],
    application: 'by hand',
    mistakes: ['forgets replays'],
    faults: [ORDERS],
  },
  {
    name: 'both pass on Client-Cert of the client',
    gateways: ['nginx', 'haproxy'],
    edits: { 0: editOf('passes on Client-Cert of the client', 'nginx'), 1: editOf('passes on Client-Cert of the client', 'haproxy') },
    application: 'by hand',
    faults: [{ hop: ['edge', 'middle'], owner: 'edge' }],
  },
]

const twoFaults: readonly Case[] = [
  {
    name: 'Apache passes on X-SSL-Client-Cert, before the middleware of a peer',
    gateways: ['apache'],
    edits: { 0: editOf('passes on X-SSL-Client-Cert of the client', 'apache') },
    application: 'express-oauth2-jwt-bearer',
    faults: [EDGE, ORDERS],
  },
  {
    name: 'nginx passes on Client-Cert, the application forgets replays',
    gateways: ['nginx'],
    edits: { 0: editOf('passes on Client-Cert of the client', 'nginx') },
    application: 'by hand',
    mistakes: ['forgets replays'],
    faults: [EDGE, ORDERS],
  },
  {
    name: 'Caddy makes one slash of two, the issuer takes a proof twice',
    gateways: ['caddy'],
    edits: { 0: editOf('makes one slash of two', 'caddy') },
    application: 'by hand',
    issuer: ['takes a proof twice'],
    faults: [EDGE, ISSUER],
  },
  {
    name: 'the issuer gives tokens for a day, the application forgets the age',
    gateways: ['apache'],
    application: 'by hand',
    issuer: ['gives tokens for a day'],
    mistakes: ['forgets the age'],
    faults: [ISSUER, ORDERS],
  },
  {
    name: 'HAProxy passes on X-Forwarded-User, the issuer hides the key when asked',
    gateways: ['haproxy'],
    edits: { 0: editOf('passes on X-Forwarded-User of the client', 'haproxy') },
    application: 'by hand',
    issuer: ['hides the key when asked'],
    faults: [EDGE, ISSUER],
  },
  {
    name: 'the application takes Bearer and forgets the target',
    gateways: ['nginx'],
    application: 'by hand',
    mistakes: ['takes Bearer for a bound token', 'forgets the target'],
    faults: [ORDERS],
  },
  {
    name: 'nginx passes on X-User, and the application believes it',
    gateways: ['nginx'],
    edits: { 0: put([/ *proxy_set_header X-User "";\n/, '']) },
    application: 'by hand',
    mistakes: ['believes X-User'],
    faults: [EDGE],
  },
]

export const FAULTY: readonly Case[] = [...gatewayFaults, ...applicationFaults, ...issuerFaults, ...peerFaults, ...twoHops, ...twoFaults]
