import type { Report } from '@everyhop/chain'
import { probe, readRunnerFile } from '@everyhop/prober'
import { expect, test } from 'vitest'
import { buildSound, type Built } from './chains/sound.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'
import { PROVEN_LIVE } from './proven-live.testkit.js'

/** A sound chain, broken in one place as people break it, and probed. */
const probed = (options: Partial<Parameters<typeof buildSound>[1]>, meddle?: (built: Built) => Promise<void>): Promise<Report> =>
  withLifecycle(async (life) => {
    const built = await buildSound(life, { keep: false, ...options })
    await meddle?.(built)
    return probe({ chain: built.stand.chain, runner: readRunnerFile(built.stand.runner) })
  })

/** Where it says that something is wrong, each once. */
const blamed = ({ findings }: Report): readonly string[] =>
  [...new Set(findings.map(({ outcome, hop, layer, owner, control }) => `${outcome} ${control} at ${String(hop)}: ${layer}, ${owner}`))].sort()

const gotIn = ({ attacks }: Report): readonly string[] => attacks.filter(({ outcome }) => outcome === 'breached').map(({ attack }) => attack)

const replaced = (from: string, to: string) => (config: string) => {
  if (!config.includes(from)) throw new Error(`the configuration has no ${from}`)
  return config.replace(from, to)
}

test('nginx strips DPoP', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed({ breakConfig: replaced('proxy_intercept_errors off;', 'proxy_intercept_errors off;\n proxy_set_header DPoP "";') })
  expect(report.verdict).toBe('broken')
  expect(blamed(report)).toEqual(['breached POP-PL-02 at edge: platform, edge'])
  expect(report.findings[0]?.evidence.join()).toContain('dpop did not arrive as the client sent it')
})

test('nginx passes the Client-Cert of the client', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed({
    breakConfig: replaced('proxy_set_header Client-Cert $everyhop_client_cert;', 'proxy_set_header Client-Cert $http_client_cert;'),
  })
  expect(report.verdict).toBe('broken')
  expect(blamed(report)).toEqual(['breached POP-PL-03 at edge: platform, edge'])
  expect(gotIn(report)).toEqual(expect.arrayContaining([...PROVEN_LIVE['nginx hands on the Client-Cert of the client']]))
})

test('the application is open to whoever comes around the edge', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed({ isOpen: true })
  expect(gotIn(report)).toEqual(expect.arrayContaining([...PROVEN_LIVE['the application lets in whoever comes around nginx']]))
  expect(report.verdict).toBe('broken')
  expect(blamed(report)).toEqual(expect.arrayContaining(['breached POP-PL-04 at orders: platform, edge', 'breached POP-AP-06 at orders: application, orders']))
  expect(report.findings.find(({ control }) => control === 'POP-PL-04')?.coFaults.map(({ owner }) => owner)).toEqual(['orders'])
})

test('the decision service is gone', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed({}, async ({ edge }) => edge.service?.close(0))
  expect(report.verdict).toBe('unproven')
  expect(blamed(report)).toEqual(['inconclusive POP-PL-02 at edge: platform, edge'])
  expect(report.findings[0]?.evidence).toEqual(expect.arrayContaining(['an honest request was refused with 503', 'it did not reach orders']))
})

test('the application believes the attestation and checks nothing itself', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed({ isBelieving: true })
  expect(gotIn(report)).toEqual(expect.arrayContaining([...PROVEN_LIVE['the application believes what nginx attests, and checks nothing']]))
  expect(report.verdict).toBe('broken')
  expect(report.findings.find(({ attack }) => attack === 'TOK-01')).toMatchObject({ outcome: 'breached', hop: 'orders', layer: 'application', owner: 'orders' })
  expect(new Set(report.findings.map(({ owner }) => owner))).toEqual(new Set(['orders']))
  expect(report.findings.filter(({ control }) => !control.startsWith('POP-AP-'))).toEqual([])
})
