import type { RequestHandler } from 'express'
import express from 'express'
import { canary, witness } from '@everyhop/canary'
import type { Sink } from '@everyhop/guard'
import { guard } from '@everyhop/guard/express'
import { compileSlices, signSlice } from '@everyhop/manifest'
import { createMemoryReplayStore } from '@everyhop/verifier'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { serve } from './serve.js'
import type { Stand } from './stand.js'

export type Mount = {
  /** Paths at which the canary answers. */
  readonly resources: readonly string[]
  readonly port: number
  readonly witnessPort: number
  /** It asks for no attestation, and does not read one: a guard that was set up for another chain. */
  readonly isOpen?: boolean
  /** Where its receipts go. */
  readonly sink?: Sink
}

/** An application that checks every request itself, with the guard. */
export async function startGuarded(stand: Stand, hop: string, mount: Mount): Promise<void> {
  const guarded = guard({
    slice: mount.isOpen ? openSlice(stand, hop) : stand.slice(hop),
    sliceKey: stand.sliceKeys.publicKey,
    replay: createMemoryReplayStore({ since: 'always' }),
    ...(mount.sink === undefined ? {} : { sink: mount.sink }),
  })
  await guarded.ready()
  const check: RequestHandler = (request, response, next) => {
    if (mount.isOpen) forgetAttestation(request)
    guarded(request, response, next)
  }
  await start(stand, mount, check)
}

/** The slice of a hop as if no hop before it attested. */
function openSlice({ chain, sliceKeys }: Stand, hop: string): string {
  const hops = new Map([...chain.hops].map(([id, one]) => [id, one.forward === 'attested' ? { ...one, forward: 'passthrough' as const } : one]))
  const slice = compileSlices({ ...chain, hops }).find((one) => one.hop === hop)
  if (slice === undefined) throw new TypeError(`hop ${hop} has no slice`)
  return signSlice(slice, sliceKeys.privateKey)
}

function forgetAttestation(request: express.Request): void {
  const fields = new Set(['everyhop-hop', 'signature', 'signature-input'])
  const raw = request.rawHeaders
  request.rawHeaders = raw.filter((_, index) => !fields.has(raw[index - (index % 2)]!.toLowerCase()))
}

/** An application that believes whoever reaches it: the name in `X-User` is the caller. */
export async function startTrusting(stand: Stand, mount: Mount): Promise<void> {
  const believe: RequestHandler = (request, response, next) => {
    if (request.get('x-user') === undefined) response.sendStatus(401)
    else next()
  }
  await start(stand, mount, believe, (request) => String(request.headers['x-user']))
}

/** An application that checks the token as a JWT, well, and never asks whom it is bound to. */
export async function startCareless(stand: Stand, mount: Mount): Promise<void> {
  const { url } = stand.chain.issuer
  const keys = createRemoteJWKSet(new URL(`${url}/jwks`))
  const audience = [...new Set(stand.chain.routes.flatMap((route) => route.audience))]
  const tokenOf = (request: express.Request): string => (request.get('authorization') ?? '').replace(/^(?:Bearer|DPoP) /i, '')
  const check: RequestHandler = (request, response, next) => {
    jwtVerify(tokenOf(request), keys, { issuer: url, audience, typ: 'at+jwt' }).then(
      () => next(),
      () => response.sendStatus(401),
    )
  }
  await start(stand, mount, check, (request) => String(decodeJwt(tokenOf(request))['client_id']))
}

/** Mounts the prober's witness before everything, and its canary behind what protects the application. */
export async function start(
  { life, canaryKey, tagKey, witnessSecret }: Stand,
  { resources, port, witnessPort }: Mount,
  check: RequestHandler,
  who?: (request: express.Request) => string,
): Promise<void> {
  const eyes = witness({ tagKey, secret: witnessSecret })
  const app = express().disable('x-powered-by')
  app.use(eyes.record, check)
  app.all([...resources], canary({ key: canaryKey, ...(who === undefined ? {} : { who: (request) => who(request as express.Request) }) }))
  const listener = await eyes.listen({ port: witnessPort })
  life.onStop(() => listener.close())
  await serve(life, app, port)
}
