import { readRequestTarget, refuse, type Proven } from '@everyhop/proof'
import { ConfigError, createVerifier, type LoadedSlice } from '@everyhop/verifier'
import { createDecider, seenIn, type DeciderOptions, type Field, type Observed, type Ruling } from '../decider.js'
import type { NextHop } from '../next-hop.js'

/** Who decides what passes: the same for a hop that forwards and for one that guards an application beside it. */
export type Gatekeeper = {
  readonly ready: () => Promise<void>
  /** Never rejects. */
  readonly decide: (observed: Observed) => Promise<Ruling>
  readonly slice: () => LoadedSlice
  /** Where a slice sends requests; throws ConfigError where it is not one for this gatekeeper. */
  readonly hopsOf: (slice: LoadedSlice) => readonly NextHop[]
  readonly reload: (slice: LoadedSlice, key?: DeciderOptions['key']) => void
}

/** Decides as the decision service does, and signs what passes. */
export function forwardingGatekeeper(options: DeciderOptions): Gatekeeper {
  const decider = createDecider(options)
  return {
    ready: decider.ready,
    decide: decider.decide,
    slice: decider.slice,
    hopsOf: ({ slice }) => slice.next?.hops ?? [],
    reload: decider.reload,
  }
}

/**
 * Decides as the guard does, for an application that cannot have one: this is the last hop, it spends proofs where it is the replay
 * authority, and reads content that a route covers. What was proven is told to the application in fields that no client can send.
 */
export function sidecarGatekeeper(options: DeciderOptions): Gatekeeper {
  checkLast(options.slice)
  const verifier = createVerifier({ ...options, observes: true })

  async function decide({ hashContent, ...observed }: Observed): Promise<Ruling> {
    const { slice } = verifier.slice()
    const seen = seenIn(
      observed,
      slice.routes.every(({ mode }) => mode !== 'attested'),
    )
    const decision = await verifier.verify(seen, hashContent)
    const nonce = verifier.nonce()
    const passed = { verdict: 'pass', next: applicationOf(slice), target: observed.target, ...(nonce === undefined ? {} : { nonce }) } as const
    if (decision.verdict === 'allow') {
      const { proven } = decision
      return { ...passed, fields: provenFields(proven), watch: (close) => verifier.watch(proven, close) }
    }
    // On an observed route a refusal is only recorded; nothing is proven then, and the application is told nothing.
    if (decision.observed === true && readRequestTarget(observed.target)) return { ...passed, fields: [] }
    return { verdict: 'refuse', refusal: verifier.refusal(decision) }
  }

  return {
    ready: verifier.ready,
    decide: (observed) => decide(observed).catch((): Ruling => ({ verdict: 'refuse', refusal: verifier.refusal(refuse('verifier.failed')) })),
    slice: verifier.slice,
    hopsOf: (loaded) => {
      checkLast(loaded)
      return [applicationOf(loaded.slice)]
    },
    reload(next) {
      checkLast(next)
      const { hop } = verifier.slice().slice
      if (next.slice.hop !== hop) throw new ConfigError('config.slice-hop', `this is the slice of hop ${next.slice.hop}, not of ${hop}`)
      verifier.reload(next)
    },
  }
}

function checkLast({ slice }: LoadedSlice): void {
  if (slice.next) throw new ConfigError('config.next', `hop ${slice.hop} forwards to another hop: a sidecar is for the hop that answers`)
}

const applicationOf = ({ hop, authority }: LoadedSlice['slice']): NextHop => ({ hop, authority })

function provenFields({ client, issuer, subject, binding, route, path, scope }: Proven): readonly Field[] {
  const said = { Client: client, Issuer: issuer, Subject: subject, Binding: binding, Route: route, Scope: scope.join(' '), Path: path.join(' ') }
  return Object.entries(said)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [`Everyhop-${name}`, plain(value)] as const)
}

/** Visible ASCII and single spaces as they are; all else, and `%`, percent-encoded, so that no value can end its line. */
const plain = (value: string): string => value.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) => escaped(Buffer.from(character)))

const escaped = (bytes: Buffer): string => Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
