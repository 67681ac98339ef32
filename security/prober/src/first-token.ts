import { setTimeout as sleep } from 'node:timers/promises'
import type { Chain } from '@everyhop/chain'
import type { Claims } from './attack.js'
import { createBudget } from './budget.js'
import type { Resolve } from './origin.js'
import { createRecogniser } from './recognise.js'
import type { Runner } from './runner-file.js'
import { openSession } from './session.js'
import { createTransport } from './transport.js'
import { wayTo } from './way.js'

/** What a token looks like that the issuer gives, and how the chain answers an honest request with it. The token itself is given back. */
export type FirstToken = {
  /** Empty where it is opaque. */
  readonly header: Claims
  readonly claims: Claims
  /** Status of the answer; absent where there was none. */
  readonly status?: number
}

export type FirstTokenOptions = { readonly chain: Chain; readonly runner: Runner; readonly resolve?: Resolve }

/** Takes a token as a run does, uses it once, and gives it back. Rejects with IssuerError or TypeError where there is none. */
export async function firstToken({ chain, runner, resolve }: FirstTokenOptions): Promise<FirstToken> {
  const way = wayTo(chain, chain.probe?.resource ?? '/')
  const wait = (ms: number) => sleep(ms)
  const budget = createBudget({ requestsPerSecond: 5, max: 30, clock: Date.now, wait })
  const transport = await createTransport({
    chain,
    runner,
    entry: way.entry,
    budget,
    recogniser: createRecogniser(runner.canaryKey),
    ...(resolve && { resolve }),
  })
  const session = await openSession({ chain, runner, way, transport, now: () => Date.now() / 1000, wait })
  try {
    const { header, claims } = session.kit().token
    const answer = await transport.ask(session.honest(), session.victim)
    const again = !('failed' in answer) && answer.status === 401 && transport.nonceAt({ at: 'edge' }) !== undefined
    const last = again ? await transport.ask(session.honest(), session.victim) : answer
    return { header, claims, ...('failed' in last ? {} : { status: last.status }) }
  } finally {
    await session.cleanUp()
  }
}
