import type { Report, Slice, SliceRoute } from '@everyhop/chain'
import type { Receipt } from '@everyhop/guard'
import { probe, readRunnerFile } from '@everyhop/prober'
import { expect, test } from 'vitest'
import { buildRebound } from './chains/rebound.js'
import { buildSeveralHops } from './chains/several-hops.js'
import { get, honestClient } from './honest-client.testkit.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'
import { PROVEN_LIVE } from './proven-live.testkit.js'

const RESOURCE = '/orders/canary?everyhop-challenge=c'

for (const front of ['nginx', 'own hop'] as const) {
  test(`rebound by ${front}: the application sees the client and the hop, and the client's own token leads nowhere else`, async (context) => {
    if (front === 'nginx') needsNginx(context)
    await withLifecycle(async (life) => {
      const receipts: Receipt[] = []
      const { stand } = await buildRebound(life, { keep: false, front, sink: { append: (receipt) => void receipts.push(receipt) } })
      const shop = await honestClient(stand, 'canary-a')
      const { token = '' } = await shop.ask()
      const fields = await shop.fields(token, '/orders/canary')
      const honest = await get(stand, RESOURCE, fields)
      expect(honest.status, honest.body).toBe(200)
      expect(receipts.at(-1)).toMatchObject({ decision: 'allow', client: 'canary-a', path: ['edge'], binding: 'dpop', route: '/orders/**' })
      const first = receipts.at(-1)!

      expect((await get(stand, RESOURCE, fields)).status, 'the same proof again').toBe(401)
      expect((await get(stand, RESOURCE, { Authorization: `Bearer ${token}` })).status, 'without the proof').toBe(401)
      const around = await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'), stand.ports.application)
      expect([around.status, JSON.parse(around.body)]).toEqual([401, expect.objectContaining({ code: 'token.audience', hop: 'orders' })])

      expect((await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'))).status, 'with a fresh proof').toBe(200)
      expect(receipts.at(-1)?.tokenId, 'one exchange serves both').toBe(first.tokenId)
    })
  })
}

test('rebound: an issuer that is gone lets in who has a token that still serves, and nobody else', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand } = await buildRebound(life, { keep: false })
    const [shop, other] = [await honestClient(stand, 'canary-a'), await honestClient(stand, 'canary-b')]
    const [{ token = '' }, { token: unseen = '' }] = [await shop.ask(), await other.ask()]
    const ask = async (client: typeof shop, of: string) => get(stand, RESOURCE, await client.fields(of, '/orders/canary'))
    expect((await ask(shop, token)).status).toBe(200)
    await stand.issuer.close()
    expect((await ask(shop, token)).status).toBe(200)
    const refused = await ask(other, unseen)
    expect([refused.status, JSON.parse(refused.body)]).toEqual([503, expect.objectContaining({ code: 'exchange.unavailable', hop: 'edge' })])
  })
})

const probed = (options: Partial<Parameters<typeof buildRebound>[1]> = {}, only?: readonly string[]): Promise<Report> =>
  withLifecycle(async (life) => {
    const { stand } = await buildRebound(life, { keep: false, ...options })
    return probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), ...(only && { only }) })
  })

const blamed = ({ findings }: Report): readonly string[] =>
  [
    ...new Set(findings.map(({ outcome, attack, control, hop, layer, owner }) => `${outcome} ${attack} ${control} at ${String(hop)}: ${layer}, ${owner}`)),
  ].sort()

for (const front of ['nginx', 'own hop'] as const) {
  test(`rebound by ${front}: the whole catalogue is held`, { timeout: 60_000 }, async (context) => {
    if (front === 'nginx') needsNginx(context)
    const report = await probed({ front })
    expect(blamed(report)).toEqual([])
    const unclear = report.attacks.filter(({ outcome }) => outcome !== 'held' && outcome !== 'not-applicable')
    expect(unclear.map(({ attack, outcome, reason }) => `${attack} ${outcome}: ${reason}`)).toEqual([])
    expect(report.verdict).toBe('holds')
    const outcomes = new Map(report.attacks.map(({ attack, outcome, reason }) => [attack, outcome === 'held' ? outcome : reason]))
    for (const id of ['RBD-01', 'RBD-02', 'RBD-03', 'RBD-04', 'RBD-05a', 'RBD-05b', 'RBD-06', 'RBD-08', 'RBD-09', 'REV-01', 'REV-09', 'RPL-01'])
      expect([id, outcomes.get(id)]).toEqual([id, 'held'])
  })
}

test("rebound: nginx passes the client's own proof on beside the exchanged token", async (context) => {
  needsNginx(context)
  const report = await probed({ breakConfig: (config) => config.replace('proxy_set_header DPoP $everyhop_proof;', 'proxy_set_header DPoP $http_dpop;') }, [
    'BASE',
  ])
  expect(report.verdict).toBe('broken')
  expect(blamed(report)).toEqual(['breached BASE-01 POP-PL-02 at edge: platform, edge'])
})

test('rebound: an application that takes tokens of both sides, from whomever', async (context) => {
  needsNginx(context)
  const report = await withLifecycle(async (life) => {
    let outer = ''
    const laxly = (route: SliceRoute): SliceRoute => {
      const { actors: _, ...rest } = route
      return { ...rest, audience: [...rest.audience, outer] }
    }
    const weaken = (slice: Slice): Slice => ({ ...slice, routes: slice.routes.map(laxly) })
    const { stand } = await buildRebound(life, {
      keep: false,
      edit: (text) => {
        outer = /base: \[(.+)\]/.exec(text)?.[1] ?? ''
        return text
      },
      weaken,
    })
    return probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), only: ['RBD'] })
  })
  expect(blamed(report)).toEqual(
    PROVEN_LIVE['the application takes tokens of both sides of an exchange'].map((attack) => `breached ${attack} POP-AP-06 at orders: application, orders`),
  )
})

test('rebound twice: each hop exchanges what the one before was given, and the application sees both', { timeout: 60_000 }, async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const receipts: Receipt[] = []
    const { stand } = await buildSeveralHops(life, {
      keep: false,
      edit: (manifest) => manifest.replaceAll('forward: attested', 'forward: rebound'),
      sink: { append: (receipt) => void receipts.push(receipt) },
    })
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    const honest = await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'))
    expect(honest.status, honest.body).toBe(200)
    expect(receipts.at(-1)).toMatchObject({ decision: 'allow', client: 'canary-a', path: ['edge', 'middle'] })
    const report = await probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), only: ['BASE', 'TOK', 'RPL', 'RBD', 'REV'] })
    expect(blamed(report)).toEqual([])
    const outcomes = report.attacks.map(({ attack, outcome }) => [attack, outcome])
    expect(outcomes.filter(([, outcome]) => outcome !== 'held' && outcome !== 'not-applicable')).toEqual([])
  })
})

test('rebound, then attested: the second hop signs for the application what the first has exchanged', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const receipts: Receipt[] = []
    const { stand } = await buildSeveralHops(life, {
      keep: false,
      edit: (manifest) => manifest.replace('forward: attested', 'forward: rebound').replace('level: AL2', 'level: AL1'),
      sink: { append: (receipt) => void receipts.push(receipt) },
    })
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    const honest = await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'))
    expect(honest.status, honest.body).toBe(200)
    expect(receipts.at(-1)).toMatchObject({ decision: 'allow', client: 'canary-a', path: ['edge', 'middle'] })
  })
})
