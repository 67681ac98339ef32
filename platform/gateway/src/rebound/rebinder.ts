import type { Slice } from '@everyhop/chain'
import { Bounded, readCompact, readJwk, readTarget, sha256, targetUnder, type Json, type Proven } from '@everyhop/proof'
import { ConfigError, type Fetch, type Seen } from '@everyhop/verifier'
import { exchangeToken, ExchangeError, ownProof, type Child, type OwnKey, type Proved } from './exchange-token.js'
import { createTokenEndpoint } from './token-endpoint.js'
import type { NextHop } from '../next-hop.js'
import type { Signer } from '../signing-keys.js'

export type RebinderOptions = {
  readonly slice: Slice
  /** Whose key signs at a time: while one takes over from another, tokens of both are in use. */
  readonly signerAt: (now: number) => Signer
  readonly fetch: Fetch
  /** Epoch seconds. */
  readonly clock: () => number
  /** Told why an exchange failed; nothing of a request is in it. */
  readonly onFault: (reason: string) => void
}

/** One verified request, on its way to the next hop. */
export type Onward = {
  readonly seen: Seen
  readonly proven: Proven
  readonly next: NextHop
  /** The path as received, and as it is compared. */
  readonly path: string
  readonly normal: string
  readonly leftMs: number
}

type Own = OwnKey & { readonly keyid: string }
type Asked = { readonly issuer: string; readonly audience: string; readonly leftMs: number }

export type Rebinder = {
  /** Resolves once it is known where tokens are exchanged. */
  readonly ready: () => Promise<void>
  /** What takes the place of the client's own credentials; undefined where it cannot be had in time. */
  readonly fieldsFor: (onward: Onward) => Promise<readonly (readonly [string, string])[] | undefined>
}

/** Seconds before its end from which a token is exchanged anew. */
const MARGIN = 10
const MAX_KEPT = 4_096
const READY_MS = 5_000
const MAX_TOKEN = 16_384

/**
 * Gets this hop its own tokens for what clients have proven to it, and proves its own key with each request. A token serves for all
 * requests of one client, key and scope, as long as none of its parents ends before it; the client's proof is verified and spent each time.
 */
export function createRebinder({ slice, signerAt, fetch, clock, onFault }: RebinderOptions): Rebinder {
  const ownAt = (now: number): Own => {
    const { key, keyid } = signerAt(now)
    return { hop: slice.hop, key, keyid, jwk: publicJwk(slice, keyid) }
  }
  const bases = new Map(slice.next?.hops.map(({ hop, base }) => [hop, baseOf(slice.hop, hop, base)]))
  const endpoints = new Map(slice.issuers.map(({ url }) => [url, createTokenEndpoint(url, fetch)]))
  const kept = new Bounded<Promise<Child>>(MAX_KEPT)

  async function exchange(own: Own, proved: Proved, { issuer, audience, leftMs }: Asked): Promise<Child> {
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(leftMs)))
    const endpoint = await endpoints.get(issuer)?.(signal)
    if (endpoint === undefined) throw new ExchangeError('the token is of no issuer of this slice')
    return exchangeToken(fetch, { issuer, endpoint, audience, proved, own, now: clock(), signal })
  }

  /** Those that ask for the same at once wait for one answer. */
  async function childFor(own: Own, { seen, proven, path, leftMs }: Onward, audience: string): Promise<Child> {
    const proved = provedIn(seen, proven, path)
    const id = idOf(proven, audience, own.keyid)
    const serves = ({ exp }: Child): boolean => exp - clock() > MARGIN && exp <= endOf(proved.token)
    const found = kept.get(id)
    const before = await found?.catch(() => undefined)
    if (before && serves(before)) return before
    const newer = kept.get(id)
    const meanwhile = newer === found ? undefined : await newer?.catch(() => undefined)
    if (meanwhile && serves(meanwhile)) return meanwhile
    const asked = exchange(own, proved, { issuer: proven.issuer, audience, leftMs })
    kept.set(id, asked)
    return asked
  }

  return {
    async ready() {
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint(AbortSignal.timeout(READY_MS)))).catch(() => {
        throw new ConfigError('config.token-endpoint', 'the issuer does not tell where tokens are exchanged')
      })
    },
    async fieldsFor(onward) {
      const base = bases.get(onward.next.hop)
      if (base === undefined) return undefined
      try {
        const own = ownAt(clock())
        const { token } = await childFor(own, onward, base.audience)
        const htu = targetUnder(base.target, onward.normal)
        const proof = ownProof(own, { htm: onward.seen.method, htu, iat: Math.floor(clock()), ath: sha256(token) })
        return [
          ['Authorization', `DPoP ${token}`],
          ['DPoP', proof],
        ]
      } catch (error) {
        onFault(error instanceof ExchangeError ? error.message : 'the issuer did not answer in time')
        return undefined
      }
    },
  }
}

function provedIn(seen: Seen, { jkt, x5t }: Proven, target: string): Proved {
  const [authorization = ''] = seen.authorization
  const [proof] = seen.dpop
  return {
    token: authorization.slice(authorization.indexOf(' ') + 1),
    scheme: jkt === undefined ? 'Bearer' : 'DPoP',
    method: seen.method,
    target,
    ...(proof === undefined ? {} : { proof }),
    ...(x5t === undefined || seen.certificate === undefined ? {} : { certificate: seen.certificate }),
  }
}

/** What one token may serve: nothing that another client, subject, key, scope or grant has. */
const idOf = ({ issuer, client, subject, jkt, x5t, scope, grantId }: Proven, audience: string, keyid: string): string =>
  JSON.stringify([issuer, client, subject, jkt, x5t, scope, grantId, audience, keyid])

/** When the client's token ends; one that does not say is never served by what was kept. */
function endOf(token: string): number {
  const exp = readCompact(token, MAX_TOKEN)?.payload['exp']
  return typeof exp === 'number' ? exp : -Infinity
}

function baseOf(hop: string, next: string, base: string | undefined) {
  const target = readTarget(base ?? '')
  if (base === undefined || !target) throw new ConfigError('config.inner-base', `hop ${hop}: the slice does not say under which URL it calls ${next}`)
  return { audience: base, target }
}

function publicJwk({ hop, keys }: Slice, keyid: string): Json {
  const own = keys.find((jwk) => {
    const read = readJwk(jwk)
    return typeof read !== 'string' && read.jkt === keyid
  })
  if (own === undefined) throw new ConfigError('config.hop-key', `the key given is none of those that the manifest registers for hop ${hop}`)
  const { kty, crv, x, y } = own
  return { kty, crv, x, ...(y === undefined ? {} : { y }) }
}
