import type { Report } from '@everyhop/chain'
import { probe, readRunnerFile } from '@everyhop/prober'
import { expect, test } from 'vitest'
import { buildSeveralHops } from './chains/several-hops.js'
import { get, honestClient } from './honest-client.testkit.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'
import { PROVEN_LIVE } from './proven-live.testkit.js'

const probed = (options: Partial<Parameters<typeof buildSeveralHops>[1]> = {}, only?: readonly string[]): Promise<Report> =>
  withLifecycle(async (life) => {
    const { stand } = await buildSeveralHops(life, { keep: false, ...options })
    return probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), ...(only && { only }) })
  })

const blamed = ({ findings }: Report): readonly string[] =>
  [
    ...new Set(findings.map(({ outcome, attack, control, hop, layer, owner }) => `${outcome} ${attack} ${control} at ${String(hop)}: ${layer}, ${owner}`)),
  ].sort()

test('several hops: an honest request goes over both, and nobody comes in around the first or the second', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand, middle } = await buildSeveralHops(life, { keep: false })
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    const ask = async (port?: number) => get(stand, '/orders/canary?everyhop-challenge=c', await shop.fields(token, '/orders/canary'), port)
    const honest = await ask()
    expect(honest.status, honest.body).toBe(200)
    const around = await ask(stand.ports.application)
    expect([around.status, JSON.parse(around.body)]).toEqual([403, expect.objectContaining({ code: 'path.unattested', hop: 'orders' })])
    await middle.service?.close(0)
    expect((await ask()).status, 'without the decision of the second').toBe(503)
  })
})

test('several hops: the whole catalogue is held, also what needs two hops', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  const report = await probed()
  expect(blamed(report)).toEqual([])
  expect(report.verdict).toBe('holds')
  const outcomes = new Map(report.attacks.map(({ attack, outcome }) => [attack, outcome]))
  for (const id of ['DIR-01', 'DIR-03a', 'DIR-03b', 'FWD-03', 'HOP-02', 'HOP-09', 'HOP-10a', 'HOP-10b', 'HOP-12a', 'HOP-12b', 'HOP-13'])
    expect([id, outcomes.get(id)]).toEqual([id, 'held'])
})

test('several hops: an application that is content with the first hop', async (context) => {
  needsNginx(context)
  const report = await probed({ weaken: (slice) => ({ ...slice, routes: slice.routes.map((route) => ({ ...route, via: [...route.via, ['edge']] })) }) }, [
    'DIR',
  ])
  expect(blamed(report)).toEqual(
    PROVEN_LIVE['the application is content with the first of two hops'].map((attack) => `breached ${attack} POP-AP-06 at orders: application, orders`),
  )
})

test('several hops: an application that takes them in any order', async (context) => {
  needsNginx(context)
  const report = await probed(
    { weaken: (slice) => ({ ...slice, routes: slice.routes.map((route) => ({ ...route, via: [...route.via, ['middle', 'edge']] })) }) },
    ['DIR'],
  )
  expect(blamed(report)).toEqual(
    PROVEN_LIVE['the application takes two hops in any order'].map((attack) => `breached ${attack} POP-AP-06 at orders: application, orders`),
  )
})

test('several hops: an application that knows one key of the edge as a key of the middle', async (context) => {
  needsNginx(context)
  const report = await probed(
    {
      weaken: (slice) => {
        const all = slice.neighbours.flatMap(({ keys }) => keys)
        return { ...slice, neighbours: slice.neighbours.map(({ hop }) => ({ hop, keys: all })) }
      },
    },
    ['HOP'],
  )
  expect(blamed(report)).toEqual(
    PROVEN_LIVE['the application takes the key of one hop for that of another'].map((attack) => `breached ${attack} POP-AP-06 at orders: application, orders`),
  )
})

test('several hops: the second one strips the proof', async (context) => {
  needsNginx(context)
  const breakMiddle = (config: string) => config.replace('proxy_intercept_errors off;', 'proxy_intercept_errors off;\n proxy_set_header DPoP "";')
  const report = await probed({ breakMiddle }, ['BASE'])
  expect(report.verdict).toBe('broken')
  // Only the application has a witness: it was one of the two.
  expect(blamed(report)).toEqual(['breached BASE-01 POP-PL-02 at edge,middle: platform, edge'])
})

const APPLICATION = /ingress: http:\/\/127\.0\.0\.1:(\d+)/

test('several hops: the edge sends around the second one', async (context) => {
  needsNginx(context)
  const around = (config: string) => {
    const [, port = ''] = /upstream everyhop_next_middle \{ server 127\.0\.0\.1:(\d+)/.exec(config) ?? []
    const [, application = ''] = APPLICATION.exec(manifest) ?? []
    return config.replace(`server 127.0.0.1:${port}`, `server 127.0.0.1:${application}`).replace('middle https;', 'middle http;')
  }
  let manifest = ''
  const edit = (text: string) => (manifest = text)
  const report = await probed({ edit, breakEdge: around }, ['BASE'])
  expect(blamed(report)).toEqual(['inconclusive BASE-01 POP-PL-02 at edge,orders: platform, edge'])
  expect(report.findings[0]?.evidence.join()).toContain('path.unexpected by orders')
})
