/**
 * Names under which products convey a client certificate or an identity: every spelling that some application trusts.
 * `_` counts as `-`, since CGI-like servers make them one. RFC 9440 §2.4, RFC 9700 §4.13.
 */
const ALIASES = [
  /^(?:x-)?(?:forwarded-)?(?:tls-|ssl-)?client-?cert(?:ificate)?(?:-|$)/,
  /^x-client-(?:dn|verify)$/,
  /^x-ssl-/,
  /^ssl-client-/,
  /^x-(?:forwarded-)?tls-/,
  /^x-arr-clientcert$/,
  /^x-amzn-mtls-/,
  /^cf-client-cert-/,
  /^x-(?:peer|mtls)-/,
  /^x-(?:auth|remote|forwarded|webauth)-(?:user|email|groups?|preferred-username|access-token)$/,
  /^x-authenticated-/,
  /^x-auth-request-/,
  /^x-user(?:info|-id|-name|-email|-groups?|-roles?)?$/,
  /^x-jwt-(?:payload|claims?|assertion)$/,
  /^x-consumer-(?:id|custom-id|username)$/,
  /^x-(?:credential-identifier|endpoint-api-userinfo)$/,
  /^remote-(?:user|email|groups?|name)$/,
  /^oidc-/,
]

/** One expression of all of them: it sees every field of every request. */
const ALIAS = new RegExp(ALIASES.map(({ source }) => source).join('|'))

/** The one name that RFC 9440 gives the certificate: a field that hops may set, and no alias. */
const CLIENT_CERT = 'client-cert'

/** Whether the field conveys a certificate or an identity without any proof of its own. */
export function isSensitiveAlias(name: string): boolean {
  const lower = name.toLowerCase()
  if (lower === CLIENT_CERT) return false
  const dashed = lower.includes('_') ? lower.replaceAll('_', '-') : lower
  return dashed === 'everyhop-hop' ? lower !== dashed : ALIAS.test(dashed)
}
