import type { Receipt } from '@everyhop/guard'
import { expect, test } from 'vitest'
import { buildRebound } from './chains/rebound.js'
import { get, honestClient } from './honest-client.testkit.js'
import { withLifecycle } from './lifecycle.js'
import { needsNginx } from './needs-nginx.testkit.js'

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
