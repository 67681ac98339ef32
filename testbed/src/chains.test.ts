import { probe, readRunnerFile } from '@everyhop/prober'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { buildExpired, buildPartner } from './chains/partner.js'
import { buildSharedEdge } from './chains/shared-edge.js'
import { buildSound } from './chains/sound.js'
import { get, honestClient } from './honest-client.testkit.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'

const RESOURCE = '/orders/canary?everyhop-challenge=c'

test('sound: an honest request reaches the canary through the real edge, and nothing less does', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand, edge } = await buildSound(life, { keep: false })
    expect(edge.front).toBe('nginx')
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    const fields = await shop.fields(token, '/orders/canary')
    const honest = await get(stand, RESOURCE, fields)
    expect(honest.status, honest.body).toBe(200)
    expect(JSON.parse(honest.body)).toMatchObject({ who: expect.stringMatching(/^canary-a:[\w-]{43}$/) })

    expect((await get(stand, RESOURCE, fields)).status, 'the same proof again').toBe(401)
    expect((await get(stand, RESOURCE, { Authorization: `Bearer ${token}` })).status, 'without the proof').toBe(401)
    const around = await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'), stand.ports.application)
    expect(around.status, 'around the edge').not.toBe(200)
  })
})

test('sound: no decision service, no entry', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand, edge } = await buildSound(life, { keep: false })
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    await edge.service?.close(0)
    expect((await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'))).status).toBe(503)
  })
})

test('shared edge: it checks well, and its application lets anybody in who says a name', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand } = await buildSharedEdge(life, { keep: false })
    const shop = await honestClient(stand, 'canary-a')
    const { token = '' } = await shop.ask()
    const honest = await get(stand, RESOURCE, await shop.fields(token, '/orders/canary'))
    expect(honest.status, honest.body).toBe(200)
    expect(JSON.parse(honest.body)).toMatchObject({ who: 'canary-a' })
    expect((await get(stand, RESOURCE, { Authorization: `Bearer ${token}` })).status).toBe(401)
    const around = await get(stand, RESOURCE, { 'X-User': 'anybody' }, stand.ports.application)
    expect(JSON.parse(around.body)).toMatchObject({ who: 'anybody' })
  })
})

test('partner: its bearer token passes while the waiver is in force', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand } = await buildPartner(life, { keep: false })
    const partner = await honestClient(stand, 'billco')
    const { status, token = '' } = await partner.ask()
    expect(status).toBe(200)
    const answer = await get(stand, '/bills/canary', await partner.fields(token, '/bills/canary'))
    expect(answer.status, answer.body).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({ who: 'billco:' })
    const shop = await honestClient(stand, 'canary-a')
    const { token: bound = '' } = await shop.ask()
    expect((await get(stand, '/bills/canary', { Authorization: `Bearer ${bound}` })).status, "another client's").toBe(401)
    const ledger = await get(stand, '/ledger/canary', await partner.fields(token, '/ledger/canary'))
    expect(ledger.status, 'off its route').toBe(401)
    expect(JSON.parse(ledger.body)).toMatchObject({ code: 'waiver.scope' })
    expect((await get(stand, '/ledger/canary', await shop.fields(bound, '/ledger/canary'))).status).toBe(200)
  })
})

test('partner, waiver ended: the issuer and the guard refuse, the archive does not', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand } = await buildExpired(life, { keep: false })
    const partner = await honestClient(stand, 'billco')
    const refused = await partner.ask()
    expect(refused.status).toBe(400)
    expect(refused.token).toBeUndefined()
    const token = readRunnerFile(stand.runner).clients.get('billco')?.token ?? ''
    expect(decodeJwt(token)).toMatchObject({ client_id: 'billco', iss: stand.chain.issuer.url })
    const asBearer = { Authorization: `Bearer ${token}` }
    const atEdge = await get(stand, '/bills/canary', asBearer)
    expect(atEdge.status).toBe(401)
    expect(JSON.parse(atEdge.body)).toMatchObject({ code: 'waiver.expired' })
    const shop = await honestClient(stand, 'canary-a')
    const { token: bound = '' } = await shop.ask()
    expect((await get(stand, '/bills/canary', { Authorization: `Bearer ${bound}` })).status, "another client's").toBe(401)
    expect((await get(stand, '/archive/canary', asBearer, stand.ports.second)).status).toBe(200)
    expect((await get(stand, '/archive/canary', { Authorization: `Bearer ${token}x` }, stand.ports.second)).status).toBe(401)
  })
})

test('partner, waiver ended: its token goes to no origin that the runner file does not allow it, and into no report', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const { stand } = await buildExpired(life, { keep: false })
    const { chain, ports } = stand
    const runner = readRunnerFile(stand.runner)
    const billco = runner.clients.get('billco')!
    const withOrigins = async (origins: ReadonlySet<string>) => {
      const report = await probe({ chain, runner: { ...runner, clients: new Map([...runner.clients, ['billco', { ...billco, origins }]]) }, only: ['CMP-04a'] })
      expect(JSON.stringify(report)).not.toContain(billco.token)
      return report.attacks[0]
    }
    expect(await withOrigins(billco.origins)).toMatchObject({ outcome: 'breached' })
    const fewer = new Set([...billco.origins].filter((origin) => !origin.endsWith(`:${ports.second}`)))
    expect(fewer.size).toBe(billco.origins.size - 1)
    expect(await withOrigins(fewer)).toMatchObject({ outcome: 'not-applicable', reason: expect.stringContaining('unreachable') })
  })
})

test('partner: an edge that takes the address of the client from a field lets its token in from anywhere', async (context) => {
  needsNginx(context)
  await withLifecycle(async (life) => {
    const breakConfig = (config: string) => {
      expect(config).toContain('Everyhop-Peer $remote_addr;')
      return config
        .replace('http {', 'http {\n map $http_x_forwarded_for $said { "" $remote_addr; default $http_x_forwarded_for; }')
        .replace('Everyhop-Peer $remote_addr;', 'Everyhop-Peer $said;')
    }
    const { stand } = await buildPartner(life, { keep: false, breakConfig })
    const { verdict, findings } = await probe({ chain: stand.chain, runner: readRunnerFile(stand.runner), only: ['CMP'] })
    expect(verdict).toBe('broken')
    expect(findings).toMatchObject([{ attack: 'CMP-01', hop: 'edge', layer: 'platform', owner: 'edge', outcome: 'breached' }])
    expect(findings[0]?.evidence.join()).toContain('X-Forwarded-For')
  })
})
