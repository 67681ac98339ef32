import type { RequestHandler } from 'express'
import { probe, readRunnerFile } from '@everyhop/prober'
import { createMemoryReplayStore, createVerifier, evidenceFrom, readSlice } from '@everyhop/verifier'
import { expect, test } from 'vitest'
import { start } from './applications.js'
import { startEdge } from './edge.js'
import { buildSound } from './chains/sound.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'
import { PROVEN_LIVE } from './proven-live.testkit.js'
import { createStand, type Stand } from './stand.js'

const edit = (manifest: string): string => manifest.replace('level: AL2', 'level: AL2, body: covered')
const ONLY = ['BASE', 'HOP', 'URL-09']

const probed = ({ chain, runner }: Stand) => probe({ chain, runner: readRunnerFile(runner), only: ONLY })

test('covered content: nginx signs the digest unread, the guard compares it', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await withLifecycle(async (life) => probed((await buildSound(life, { keep: false, edit })).stand))
  expect(report.findings).toEqual([])
  expect(report.verdict).toBe('holds')
  const outcomes = new Map(report.attacks.map(({ attack, outcome }) => [attack, outcome]))
  expect([outcomes.get('HOP-05'), outcomes.get('URL-09'), outcomes.get('HOP-04b')]).toEqual(['held', 'held', 'held'])
})

/** An application that verifies everything but the content. */
async function startUnread(stand: Stand): Promise<void> {
  const { ports, sliceKeys } = stand
  const verifier = createVerifier({ slice: readSlice(stand.slice('orders'), sliceKeys.publicKey), replay: createMemoryReplayStore({ since: 'always' }) })
  await verifier.ready()
  const check: RequestHandler = ({ method, originalUrl: target, rawHeaders }, response, next) => {
    void verifier.verify(evidenceFrom({ method, target, rawHeaders }), 'elsewhere').then((decision) => {
      if (decision.verdict === 'allow') return next()
      const { status, body } = verifier.refusal(decision)
      return response.status(status).type('application/problem+json').send(body)
    })
  }
  await start(stand, { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness }, check, () => 'canary-a')
}

test('covered content: an application that does not read it takes any', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await withLifecycle(async (life) => {
    const stand = await createStand(life, 'sound', { keep: false, edit })
    await startUnread(stand)
    await startEdge(stand)
    return probed(stand)
  })
  expect(report.findings.map(({ attack, outcome, hop, owner }) => [attack, outcome, hop, owner])).toEqual(
    PROVEN_LIVE['the application does not read the content that is covered'].map((attack) => [attack, 'breached', 'orders', 'orders']),
  )
})
