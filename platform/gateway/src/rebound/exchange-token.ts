import { randomUUID, type KeyObject } from 'node:crypto'
import { isObject, readCompact, readObject, sha256, signCompact, type Json } from '@everyhop/proof'
import type { Fetch } from '@everyhop/verifier'

/** The hop's own key, as its proofs show it. */
export type OwnKey = { readonly hop: string; readonly key: KeyObject; readonly jwk: Json }

/** A client's request that was verified, as the issuer shall judge it again. */
export type Proved = {
  readonly token: string
  readonly scheme: 'DPoP' | 'Bearer'
  readonly method: string
  /** The path as received. */
  readonly target: string
  readonly proof?: string
  /** DER. */
  readonly certificate?: Uint8Array
}

export type ExchangeQuestion = {
  readonly issuer: string
  readonly endpoint: string
  readonly audience: string
  readonly proved: Proved
  readonly own: OwnKey
  /** Epoch seconds. */
  readonly now: number
  readonly signal: AbortSignal
}

/** A token that is bound to the hop's own key. */
export type Child = { readonly token: string; readonly exp: number }

/** Why there is none; it says nothing that was sent. */
export class ExchangeError extends Error {}

const MAX_BYTES = 65_536
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'
/** Seconds that what is signed for the issuer lives. */
const LIFETIME = 30

/** Exchanges a client's token for one of the hop's own: RFC 8693 §2.1, with a proof of the hop's key (RFC 9449 §5) and what the client has proven. */
export async function exchangeToken(fetch: Fetch, question: ExchangeQuestion): Promise<Child> {
  const first = await post(fetch, question, undefined)
  // RFC 9449 §8: the issuer gives its nonce with the refusal of a proof that lacks it.
  const answer = first.error === 'use_dpop_nonce' && first.nonce !== undefined ? await post(fetch, question, first.nonce) : first
  const { access_token: token, token_type: type, expires_in: seconds } = answer.json
  if (answer.error !== undefined) throw new ExchangeError(`the issuer refused the exchange: ${answer.error}`)
  if (typeof token !== 'string' || String(type).toLowerCase() !== 'dpop')
    throw new ExchangeError('the issuer gave no token that is bound to the key of this hop')
  const exp = readCompact(token, MAX_BYTES)?.payload['exp']
  return { token, exp: typeof exp === 'number' ? exp : Math.floor(question.now) + (typeof seconds === 'number' ? seconds - 1 : 0) }
}

type Answer = { readonly json: Json; readonly error?: string; readonly nonce?: string }

async function post(fetch: Fetch, question: ExchangeQuestion, nonce: string | undefined): Promise<Answer> {
  const { endpoint, own, now, signal } = question
  const response = await fetch(endpoint, {
    method: 'POST',
    redirect: 'error',
    signal,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      dpop: ownProof(own, { htm: 'POST', htu: endpoint, iat: Math.floor(now), ...(nonce === undefined ? {} : { nonce }) }),
    },
    body: formOf(question).toString(),
  })
  const json = await jsonIn(response.body)
  const given = response.headers?.get('dpop-nonce') ?? undefined
  const error = typeof json['error'] === 'string' && /^[a-z_]{1,40}$/.test(json['error']) ? json['error'] : `status ${response.status ?? 0}`
  return { json, ...(response.ok ? {} : { error }), ...(given === undefined ? {} : { nonce: given }) }
}

function formOf({ issuer, audience, proved, own, now }: ExchangeQuestion): URLSearchParams {
  const { hop, key } = own
  const times = { iat: Math.floor(now), exp: Math.floor(now) + LIFETIME }
  const { token, scheme, method, target, proof, certificate } = proved
  const said = {
    htm: method,
    target,
    scheme,
    ath: sha256(token),
    ...(proof === undefined ? {} : { proof }),
    ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate).toString('base64') }),
  }
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: `${TOKEN_TYPE}access_token`,
    actor_token: signCompact({ typ: 'everyhop-evidence+jwt' }, { iss: hop, sub: hop, aud: issuer, ...times, ...said }, key),
    actor_token_type: `${TOKEN_TYPE}jwt`,
    resource: audience,
    client_id: hop,
    client_assertion_type: ASSERTION,
    client_assertion: signCompact({ typ: 'JWT' }, { iss: hop, sub: hop, aud: issuer, jti: randomUUID(), ...times }, key),
  })
}

/** A proof of the hop's own key, fresh for one request. RFC 9449 §4.2. */
export const ownProof = ({ key, jwk }: OwnKey, claims: Json): string => signCompact({ typ: 'dpop+jwt', jwk }, { jti: randomUUID(), ...claims }, key)

async function jsonIn(body: AsyncIterable<Uint8Array> | null): Promise<Json> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) throw new ExchangeError('the answer of the issuer is too large')
    chunks.push(chunk)
  }
  const json = readObject(Buffer.concat(chunks).toString('utf8'))
  return isObject(json) ? json : {}
}
