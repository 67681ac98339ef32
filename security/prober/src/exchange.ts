import type { KeyObject } from 'node:crypto'
import type { Claims, Exchange, ExchangeRequest, IssuerAnswer, Signer } from './attack.js'
import { algOf, compact, hash } from './jose.js'
import type { RunnerClient } from './runner-client.js'
import { requestToken, type TokenSetting } from './tokens.js'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'

/** Who asks the issuer: a hop that the prober plays, or a client that has no business there. */
export type Asking = { readonly client: RunnerClient; readonly key: KeyObject; readonly proof: Signer }

/** Exchanges the token of an honest request, or another one, with the departures named. RFC 8693; written apart from the product. */
export function exchangeAs(
  setting: TokenSetting,
  { client, key, proof }: Asking,
  { honest, resource }: { readonly honest: Exchange; readonly resource: string },
  { subject, evidence = {}, form = {} }: ExchangeRequest = {},
): Promise<IssuerAnswer> {
  const [target = ''] = honest.target.split('?', 1)
  const [authorization = ''] = honest.authorization
  const token = subject ?? authorization.replace(/^\S+ /, '')
  const now = Math.floor(setting.now())
  const said: Claims = {
    iss: client.clientId,
    sub: client.clientId,
    aud: setting.issuer,
    iat: now,
    exp: now + 30,
    htm: honest.method,
    target,
    scheme: 'DPoP',
    ath: hash(token),
    proof: honest.dpop[0],
    ...evidence,
  }
  const asked = {
    grant_type: GRANT,
    subject_token: token,
    subject_token_type: `${TYPE}access_token`,
    actor_token: compact({ typ: 'everyhop-evidence+jwt', alg: algOf(key) }, said, key),
    actor_token_type: `${TYPE}jwt`,
    ...form,
  }
  return requestToken(setting, client, { resource, form: asked }, proof)
}
