import { randomBytes } from 'node:crypto'
import { Bounded, readIntrospection, type Code, type Thumbprint, type Token } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { createAuthentication, type ClientCredentials } from './client-authentication.js'
import { askFor, reasonOf, type Answer, type Fetch } from './fetch-json.js'
import { NoAnswer } from './no-answer.js'
import { createSlots } from './slots.js'

/** For the whole question, its time in line included: what it is, and what the operator may make of it. */
const TIMEOUT_MS = { usual: 2_000, most: 10_000 }
const MAX_BYTES = 65_536
/** Seconds that an answer counts, from when it was asked for: a token that is revoked is refused a second later. */
const MAX_AGE = 1
/** Seconds that the operator may make of it. */
const LONGEST = 60
/** Seconds that a token which is not active stays so: it will not come to life, and its bearer may ask often. */
const INACTIVE_AGE = 5
const MAX_KEPT = 10_000
/** Questions at once, and in line. Strangers' tokens have places of their own, so that they cannot hold up the clients that are known. */
const PLACES = 16
const MAX_WAITING = 512

export type IntrospectionCredentials = ClientCredentials & {
  /**
   * Seconds, at most 60, for which an answer counts: so long a revoked token may still be accepted. Default: as long as the answer
   * says, at most 1. With 0 every request asks. Never beyond the end of the token (RFC 7662 §4).
   */
  readonly maxCacheSeconds?: number
  /** Milliseconds that the issuer may take to answer; default 2,000, at most 10,000. Then the request is refused, the verifier at fault. */
  readonly timeoutMs?: number
}

/** What an issuer said of a token. */
export type Said = { readonly isActive: boolean; readonly token: Token | Code }

/** Asks one issuer about tokens. RFC 7662. */
export type Introspector = {
  /** What it said, as long as that counts. */
  readonly known: (tokenHash: Thumbprint, now: number) => Said | undefined
  /** Asks, once for all who want to know at the same time. Rejects where no answer came in time that says yes or no. */
  readonly ask: (token: string, tokenHash: Thumbprint, now: number) => Promise<Said>
  /** Why it cannot be asked: no answer, or none to these credentials. */
  readonly defect: (now: number) => Promise<string | undefined>
}

type Kept = Said & { readonly from: number; readonly until: number }

export function createIntrospector(issuer: string, endpoint: string, credentials: IntrospectionCredentials, fetch: Fetch): Introspector {
  const { maxCacheSeconds, timeoutMs = TIMEOUT_MS.usual } = credentials
  if (maxCacheSeconds !== undefined && !(maxCacheSeconds >= 0 && maxCacheSeconds <= LONGEST)) {
    throw new ConfigError('config.introspection-cache', `maxCacheSeconds for the issuer ${issuer} is not between 0 and ${LONGEST}`)
  }
  if (!(timeoutMs > 0 && timeoutMs <= TIMEOUT_MS.most)) {
    throw new ConfigError('config.introspection-timeout', `timeoutMs for the issuer ${issuer} is not between 1 and ${TIMEOUT_MS.most}`)
  }
  const authenticate = createAuthentication(credentials, issuer)
  const active = new Bounded<Kept>(MAX_KEPT)
  const inactive = new Bounded<Kept>(MAX_KEPT)
  const inFlight = new Map<Thumbprint, { readonly since: number; readonly said: Promise<Said> }>()
  const ofKnown = createSlots(PLACES, MAX_WAITING)
  const ofStrangers = createSlots(PLACES, MAX_WAITING)

  function post(token: string, now: number, leftMs: number): Promise<Answer> {
    const { headers, fields } = authenticate(now)
    const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...fields })
    return askFor(fetch, endpoint, { timeoutMs: leftMs, maxBytes: MAX_BYTES, headers, form })
  }

  function known(tokenHash: Thumbprint, now: number): Said | undefined {
    const kept = active.get(tokenHash) ?? inactive.get(tokenHash)
    // An answer from the future is from before the clock was set back.
    return kept && kept.from <= now && now < kept.until ? kept : undefined
  }

  function keep(tokenHash: Thumbprint, { json, maxAge = MAX_AGE }: Answer, from: number): Said {
    const isActive = json['active']
    if (typeof isActive !== 'boolean') throw new NoAnswer('the answer does not say whether the token is active')
    const token = readIntrospection(json, issuer, tokenHash)
    const longest = from + (isActive ? (maxCacheSeconds ?? Math.min(maxAge, MAX_AGE)) : INACTIVE_AGE)
    const until = isActive && typeof json['exp'] === 'number' ? Math.min(longest, json['exp']) : longest
    const kept = { isActive, token, from, until }
    const before = active.get(tokenHash) ?? inactive.get(tokenHash)
    // The answer to a later question came first. One that seems later still is from before the clock was set back.
    if (before && before.from > from && before.from - from <= timeoutMs / 1_000) return kept
    ;(isActive ? inactive : active).delete(tokenHash)
    ;(isActive ? active : inactive).set(tokenHash, kept)
    return kept
  }

  async function question(token: string, tokenHash: Thumbprint, now: number): Promise<Said> {
    const deadline = performance.now() + timeoutMs
    const slots = active.get(tokenHash) ? ofKnown : ofStrangers
    return slots(timeoutMs, async () => keep(tokenHash, await post(token, now, deadline - performance.now()), now))
  }

  return {
    known,
    ask(token, tokenHash, now) {
      const answered = known(tokenHash, now)
      if (answered) return Promise.resolve(answered)
      const before = inFlight.get(tokenHash)
      // One that was asked longer ago may answer what was true then.
      if (before && Math.abs(now - before.since) <= MAX_AGE) return before.said
      const flight = { since: now, said: question(token, tokenHash, now) }
      inFlight.set(tokenHash, flight)
      const land = (): void => {
        if (inFlight.get(tokenHash) === flight) inFlight.delete(tokenHash)
      }
      flight.said.then(land, land)
      return flight.said
    },
    async defect(now) {
      try {
        const { json } = await post(randomBytes(32).toString('base64url'), now, timeoutMs)
        return json['active'] === false ? undefined : 'its answer about a made-up token is not that it is inactive'
      } catch (error) {
        return reasonOf(error)
      }
    },
  }
}
