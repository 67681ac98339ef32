import type { KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { attest, readRequestTarget, readTarget, refuse, targetUnder, type Code, type Proven, type Refusal } from '@everyhop/proof'
import {
  ConfigError,
  createVerifier,
  evidenceFrom,
  type Fetch,
  type HashedContent,
  type LoadedSlice,
  type Seen,
  type VerifierOptions,
} from '@everyhop/verifier'
import { createNonceSource } from './attestation-nonce.js'
import { clientCertField } from './certificate.js'
import { createDeadline, type Deadline } from './deadline.js'
import { nextHopsOf, type NextHop, type NextHops } from './next-hop.js'
import { notExchanged } from './rebound/not-exchanged.js'
import { createRebinder, type Rebinder, type RebinderOptions } from './rebound/rebinder.js'
import { HOP_FIELDS, SENSITIVE_FIELDS } from './sensitive-fields.js'
import { signersOf, type Signer, type SigningKey } from './signing-keys.js'

export type DeciderOptions = VerifierOptions & {
  /** The hop's private key (P-256 or Ed25519), one of those that the slice registers; needed where it attests or rebinds. Several while one takes over from another. */
  readonly key?: KeyObject | readonly SigningKey[]
  /** Told why this hop could not do its own part, in words that quote nothing of a request. */
  readonly onFault?: (reason: string) => void
  /** Milliseconds in which a decision must be there; default 1,500. Keep it below the gateway's own patience. */
  readonly deadlineMs?: number
}

/** One request as the terminating process saw it. */
export type Observed = {
  readonly method: string
  /** Origin form, as received. */
  readonly target: string
  readonly rawHeaders: readonly string[]
  /** DER, verified against the client CA by the process that ended TLS. */
  readonly certificate?: Uint8Array
  readonly peer?: string
  readonly earlyData: boolean
  /** Whether the sensitive fields are removed before the request goes on. */
  readonly removes: boolean
  /** Reads the content on a route that covers it; absent where it goes on unread, and the application compares it. */
  readonly hashContent?: () => Promise<HashedContent>
}

export type Field = readonly [name: string, value: string]

export type Passed = {
  readonly verdict: 'pass'
  readonly next: NextHop
  readonly target: string
  readonly fields: readonly Field[]
  readonly nonce?: string
  /** For what stays open: calls `close` when that is revoked for which it was let through. Call what it returns when it has ended. */
  readonly watch?: (close: () => void) => () => void
}

export type Ruling = Passed | { readonly verdict: 'refuse'; readonly refusal: Refusal }

/** Judges requests at a gateway and attests those that pass: what both the decision service and the own hop stand on. */
export type Decider = {
  readonly ready: () => Promise<void>
  /** Never rejects. */
  readonly decide: (observed: Observed) => Promise<Ruling>
  readonly slice: () => LoadedSlice
  /** Whether what is decided here can be decided only once. */
  readonly spends: () => boolean
  readonly next: () => NextHops
  /** Throws ConfigError, and keeps the old slice and keys, where the new ones are no good. Without keys the old ones sign on. */
  readonly reload: (slice: LoadedSlice, key?: DeciderOptions['key']) => void
}

export function createDecider(options: DeciderOptions): Decider {
  const { key: given, deadlineMs = 1_500, onFault = () => undefined, ...rest } = options
  let key = given
  const clock = options.clock ?? (() => Date.now() / 1000)
  const fresh = createNonceSource()
  const exchanging = { fetch: options.fetch ?? (fetch as unknown as Fetch), clock, onFault }
  let setUp = compile(options.slice, key, exchanging)
  const verifier = createVerifier(rest)

  const refused = (code: Code): Ruling => ({ verdict: 'refuse', refusal: verifier.refusal(refuse(code)) })

  async function decide(observed: Observed): Promise<Ruling> {
    const deadline = createDeadline(deadlineMs)
    try {
      return await decideWithin(deadline, observed)
    } finally {
      deadline.end()
    }
  }

  async function decideWithin(deadline: Deadline, { hashContent, ...observed }: Observed): Promise<Ruling> {
    const inForce = setUp
    const seen = seenIn(observed, inForce.isFirst)
    const decision = await deadline.race(verifier.verify(seen, hashContent ? () => deadline.suspended(hashContent) : 'elsewhere'))
    if (decision === undefined) return refused('verifier.failed')
    if (decision.verdict === 'deny') return { verdict: 'refuse', refusal: verifier.refusal(decision) }

    const current = setUp
    const target = readRequestTarget(observed.target)
    const path = target && current.next.pathOf(target)
    const next = current.next.of(decision.proven.route)
    if (!target || path === undefined) return refused('route.undeclared')
    // Where the slice changed while the request was judged, both must send it the same way; else the client may ask again.
    if (!next || !isSameWay(inForce, current, decision.proven.route, path === inForce.next.pathOf(target))) return refused('verifier.unready')

    const nonce = verifier.nonce()
    const query = observed.target.slice(target.path.length)
    const watch: Passed['watch'] = (close) => verifier.watch(decision.proven, close)
    const passed = { verdict: 'pass', next, target: path + query, watch, ...(nonce === undefined ? {} : { nonce }) } as const
    if (current.rebinder) {
      const onward = { seen, proven: decision.proven, next, path, normal: target.normal, leftMs: deadline.leftMs() }
      const own = await deadline.race(current.rebinder.fieldsFor(onward))
      if (own) return { ...passed, fields: own }
      rest.sink?.append(notExchanged(verifier.slice(), decision.proven, clock()))
      return refused('exchange.unavailable')
    }
    if (current.next.mode !== 'attested') return { ...passed, fields: [] }
    const message = { method: observed.method, authority: next.authority, path, query: target.query }
    const fields = sign(current, seen, decision.proven, message, target.normal)
    return fields ? { ...passed, fields } : refused('verifier.failed')
  }

  function sign(inForce: SetUp, seen: Seen, proven: Proven, message: Parameters<typeof attest>[0]['message'], normal: string): readonly Field[] | undefined {
    const { slice, signerAt, base } = inForce
    const now = Math.floor(clock())
    const signer = signerAt?.(now)
    const clientCert = seen.hop.clientCert[0] ?? (proven.x5t && seen.certificate ? clientCertField(seen.certificate) : undefined)
    const [authorization] = seen.authorization
    const [dpop] = seen.dpop
    const [contentDigest] = coversContent(slice, proven.route) ? seen.hop.contentDigest : []
    if (!signer || authorization === undefined) return undefined
    const { binding, jkt, x5t, waiver } = proven
    // Behind a hop that rebinds the path is not empty, and nothing was attested.
    const isFirst = seen.hop.everyhopHop.length === 0
    const made = attest({
      hop: slice.hop,
      statement: {
        ...(isFirst ? { method: seen.method, target: targetUnder(base, normal) } : {}),
        binding,
        ...(jkt === undefined ? {} : { jkt }),
        ...(x5t === undefined ? {} : { x5t }),
        ...(waiver === undefined ? {} : { waiver }),
      },
      fields: {
        authorization,
        ...(dpop === undefined ? {} : { dpop }),
        ...(clientCert === undefined ? {} : { clientCert }),
        ...(contentDigest === undefined ? {} : { contentDigest }),
      },
      message,
      ...(isFirst
        ? {}
        : { earlier: { everyhopHop: seen.hop.everyhopHop[0]!, signature: seen.hop.signature[0]!, signatureInput: seen.hop.signatureInput[0]! } }),
      now,
      lifetime: slice.proof.attestationAge,
      nonces: [fresh(), fresh()],
      key: signer.key,
      keyid: signer.keyid,
    })
    if (!made) return undefined
    return [
      ['Everyhop-Hop', made.everyhopHop],
      ['Signature-Input', made.signatureInput],
      ['Signature', made.signature],
      ...(clientCert === undefined ? [] : [['Client-Cert', clientCert] as const]),
    ]
  }

  return {
    async ready() {
      await Promise.all([verifier.ready(), setUp.rebinder?.ready()])
    },
    decide: (observed) => decide(observed).catch(() => refused('verifier.failed')),
    slice: verifier.slice,
    spends: () => setUp.slice.replayAuthority || !setUp.isFirst,
    next: () => setUp.next,
    reload(slice, keys = key) {
      if (slice.slice.hop !== setUp.slice.hop) {
        throw new ConfigError('config.slice-hop', `this is the slice of hop ${slice.slice.hop}, not of ${setUp.slice.hop}`)
      }
      const compiled = compile(slice, keys, exchanging)
      verifier.reload(slice)
      setUp = compiled
      key = keys
    },
  }
}

type SetUp = {
  readonly slice: Slice
  readonly next: NextHops
  readonly base: NonNullable<ReturnType<typeof readTarget>>
  /** Whether only clients come here, so that no hop's field can be genuine. */
  readonly isFirst: boolean
  readonly signerAt: ((now: number) => Signer) | undefined
  readonly rebinder: Rebinder | undefined
}

function compile({ slice }: LoadedSlice, key: DeciderOptions['key'], exchanging: Pick<RebinderOptions, 'fetch' | 'clock' | 'onFault'>): SetUp {
  const next = nextHopsOf(slice)
  const base = readTarget(slice.bases[0] ?? '')
  if (!base) throw new ConfigError('config.base-missing', `hop ${slice.hop} has no external base`)
  const isFirst = slice.routes.every(({ mode }) => mode !== 'attested')
  const signerAt = next.mode === 'attested' || next.mode === 'rebound' ? signersOf(slice, keysIn(key)) : undefined
  const rebinder = signerAt && next.mode === 'rebound' ? createRebinder({ slice, signerAt, ...exchanging }) : undefined
  return { slice, next, base, isFirst, signerAt, rebinder }
}

function isSameWay(before: SetUp, current: SetUp, route: string, isSamePath: boolean): boolean {
  if (before === current) return true
  const [old, next] = [before.next.of(route), current.next.of(route)]
  return (
    isSamePath && before.next.mode === current.next.mode && before.isFirst === current.isFirst && old?.hop === next?.hop && old?.authority === next?.authority
  )
}

const keysIn = (key: DeciderOptions['key']): readonly SigningKey[] => (key === undefined ? [] : 'type' in key ? [{ key }] : key)

/** The client's digest is signed here, and compared with the content where that is read: by the application, and by a hop that can. */
const coversContent = ({ routes }: Slice, route: string): boolean => routes.some(({ pattern, body }) => pattern === route && body === 'covered')

const REMOVED = new Set(SENSITIVE_FIELDS.map((name) => name.toLowerCase()))
const OF_HOPS = new Set(HOP_FIELDS.map((name) => name.toLowerCase()))

/** What counts of a request: not the fields that are removed from it, and a hop's fields only where a hop comes before. */
export function seenIn({ rawHeaders, removes, earlyData, ...request }: Omit<Observed, 'hashContent'>, isFirst: boolean): Seen {
  const counted: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    const isRemoved = removes && (REMOVED.has(name) || (isFirst && OF_HOPS.has(name)))
    if (!isRemoved) counted.push(name, rawHeaders[index + 1]!)
  }
  const seen = evidenceFrom({ ...request, rawHeaders: counted })
  return { ...seen, earlyData: earlyData || seen.earlyData }
}
