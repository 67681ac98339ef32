import type { Report } from '@everyhop/chain'
import { probe, readRunnerFile } from '@everyhop/prober'
import { expect, test } from 'vitest'
import { startGuarded } from './applications.js'
import { startOwnHop } from './edge.js'
import { withLifecycle } from './lifecycle.js'
import { createStand } from './stand.js'

const FAMILIES = ['SPF', 'DIR', 'FWD', 'HOP', 'URL', 'HDR', 'MTH']

/** The families that a hop can break, against the own proxy before a guarded application. */
const probed = (): Promise<Report> =>
  withLifecycle(async (life) => {
    const stand = await createStand(life, 'sound', { keep: false })
    const { ports } = stand
    await startGuarded(stand, 'orders', { resources: ['/orders/canary'], port: ports.application, witnessPort: ports.witness })
    await startOwnHop(stand, 'edge', 'edge')
    return probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), only: FAMILIES })
  })

test('the own proxy: what concerns a hop of the catalogue is held', { timeout: 60_000 }, async () => {
  const report = await probed()
  expect(report.findings.map(({ outcome, attack, control, hop }) => `${outcome} ${attack} ${control} at ${String(hop)}`)).toEqual([])
  const held = report.attacks.filter(({ outcome }) => outcome === 'held').map(({ attack }) => attack.split('-')[0])
  for (const family of FAMILIES) expect([family, held.includes(family)]).toEqual([family, true])
  // What is not tried says why: no second hop, no certificates, no exchange.
  expect(held.length).toBeGreaterThanOrEqual(60)
})
