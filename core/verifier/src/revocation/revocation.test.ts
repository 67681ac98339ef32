import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { evidenceFrom } from '../evidence-from.js'
import { createMemoryReplayStore } from '../replay/memory.js'
import { sample, SLICE, type Sample } from '../sample.testkit.js'
import { needs, startRedis } from '../servers.testkit.js'
import { createMemoryRevocationStore } from './memory-revocation-store.js'
import { createRedisRevocationStore } from './redis.js'
import type { Revocation, RevocationStore } from './revocation-store.js'

/** A verifier with a store: what is revoked there, and when it is refused. */

const START = 1_790_000_000
const issuers = [{ ...SLICE.issuers[0]!, grantClaim: 'sid' }]

function stand(options: Parameters<typeof sample>[0] = {}) {
  const store = createMemoryRevocationStore({ since: 'always', clock: () => chain.time.now })
  const chain: Sample = sample({ revocations: store, change: { issuers }, ...options })
  return { chain, store }
}

async function outcome({ verifier, proof }: Sample, token: string): Promise<string> {
  const decision = await verifier.verify(
    evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof(token)] }),
  )
  return decision.verdict === 'deny' ? decision.code : 'allow'
}

/** The ids by which the verifier knows a token, a key and a grant. */
async function provenBy({ verifier, proof }: Sample, token: string) {
  const decision = await verifier.verify(
    evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof(token)] }),
  )
  if (decision.verdict !== 'allow') throw new Error(decision.code)
  return decision.proven
}

describe('within a second, though the token was verified before, and no other is stopped', () => {
  const kinds = {
    token: ({ tokenId }) => tokenId!,
    client: ({ client }) => client,
    key: ({ jkt }) => jkt!,
    grant: ({ grantId }) => grantId!,
  } as const satisfies Record<Revocation['kind'], (proven: Awaited<ReturnType<typeof provenBy>>) => string>
  /** Whether what was issued next, to the same client with the same key from another grant, is refused as well. */
  const alsoNext: Readonly<Record<Revocation['kind'], boolean>> = { token: false, client: true, key: true, grant: false }

  for (const kind of ['token', 'client', 'key', 'grant'] as const) {
    test(`by ${kind}`, async () => {
      const { chain, store } = stand()
      const token = chain.token({ sid: 'session-1' })
      const proven = await provenBy(chain, token)
      await store.revoke([{ kind, id: kinds[kind](proven), until: START + 300 }])
      chain.time.now += 1.01
      expect(await outcome(chain, token)).toBe('token.revoked')
      expect(await outcome(chain, chain.token({ jti: 'token-2', sid: 'session-2' }))).toBe(alsoNext[kind] ? 'token.revoked' : 'allow')
    })
  }
  test('a client up to now: what it is issued afterwards is good', async () => {
    const { chain, store } = stand()
    const token = chain.token()
    await provenBy(chain, token)
    await store.revoke([{ kind: 'client', id: 'shop', until: START + 600, before: START }])
    chain.time.now += 2
    expect(await outcome(chain, token)).toBe('token.revoked')
    expect(await outcome(chain, chain.token({ jti: 'token-2' }))).toBe('allow')
  })
})

test('a store that is down is a denial with the verifier at fault, and burns no proof', async () => {
  const replay = createMemoryReplayStore({ since: 'always' })
  const down: RevocationStore = { revoke: () => Promise.reject(new Error('down')), changes: () => Promise.reject(new Error('down')) }
  const { chain } = stand({ replay, revocations: down })
  expect(await outcome(chain, chain.token())).toBe('revocation.unavailable')
  expect(chain.receipts[0]).toMatchObject({ decision: 'deny', fault: 'verifier', client: 'shop' })
  expect(replay.size).toBe(0)
})

test('a store that lost its memory: the client is told to get a new token, and that one is good', async () => {
  const lost = createMemoryRevocationStore({ since: START, clock: () => chain.time.now })
  const { chain } = stand({ revocations: lost })
  chain.time.now += 1
  const token = chain.token({ iat: START - 1 })
  const decision = await chain.verifier.verify(
    evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', chain.proof(token)] }),
  )
  expect(decision).toMatchObject({ code: 'revocation.forgotten', fault: 'verifier' })
  const { status, fields } = chain.verifier.refusal(decision as never)
  expect(status).toBe(401)
  expect(fields.find(([name]) => name === 'WWW-Authenticate')?.[1]).toContain('error="invalid_token"')
  chain.time.now += 5
  expect(await outcome(chain, chain.token({ jti: 'token-2' }))).toBe('allow')
})

test('a slice that comes into force forgets nothing that is revoked, though its source does', async () => {
  let told: readonly Revocation[] = []
  const changes = async () => ({ watermark: chain.time.now, since: 0, memory: '', revocations: told, cursor: '', more: false })
  const { chain } = stand({ revocations: { revoke: () => Promise.resolve(), changes } })
  const token = chain.token()
  const { tokenId } = await provenBy(chain, token)
  told = [{ kind: 'token', id: tokenId!, until: START + 300 }]
  chain.time.now += 2
  expect(await outcome(chain, token)).toBe('token.revoked')
  told = []
  chain.verifier.reload({ slice: { ...SLICE, issuers }, digest: 'next' })
  expect(await outcome(chain, token)).toBe('token.revoked')
})

test('an open response is closed, and that is recorded', async () => {
  const { chain, store } = stand()
  const proven = await provenBy(chain, chain.token())
  const closed = new Promise<void>((resolve) => {
    chain.verifier.watch(proven, resolve)
  })
  await store.revoke([{ kind: 'client', id: 'shop', until: START + 300 }])
  chain.time.now += 2
  await closed
  await Promise.resolve()
  expect(chain.receipts.at(-1)).toMatchObject({ decision: 'deny', code: 'token.revoked', client: 'shop', tokenId: proven.tokenId })
})

test('through Redis, what one instance allowed is refused at both within a second', async (context) => {
  needs('redis-server', context)
  const server = await startRedis()
  const connect = () => createClient({ url: `redis://127.0.0.1:${server.port}`, disableOfflineQueue: true }).on('error', () => undefined)
  const clients = await Promise.all([connect(), connect(), connect()].map((client) => client.connect()))
  try {
    const [first, second, operator] = clients.map((client) => createRedisRevocationStore({ client })) as [
      RevocationStore,
      RevocationStore,
      ReturnType<typeof createRedisRevocationStore>,
    ]
    await operator.install()
    /** The time of the test instead of the server's, which the steps of the test do not move. */
    const at = (store: RevocationStore): RevocationStore => ({
      revoke: (revocations) => store.revoke(revocations),
      changes: async (cursor) => ({ ...(await store.changes(cursor)), watermark: chain.time.now }),
    })
    const chain: Sample = sample({ revocations: at(first), change: { issuers } })
    const other: Sample = {
      ...chain,
      verifier: sample({ revocations: at(second), change: { issuers }, clock: () => chain.time.now, fetch: chain.fetch }).verifier,
    }
    const [token, twin] = [chain.token(), chain.token({ jti: 'token-2' })]
    const { tokenId } = await provenBy(chain, token)
    expect(await outcome(other, token)).toBe('allow')

    await operator.revoke([{ kind: 'token', id: tokenId!, until: 4_000_000_000 }])
    chain.time.now += 1.01
    expect([await outcome(chain, token), await outcome(other, token)]).toEqual(['token.revoked', 'token.revoked'])
    expect([await outcome(chain, twin), await outcome(other, twin)]).toEqual(['allow', 'allow'])

    await server.kill()
    chain.time.now += 1
    expect([await outcome(chain, twin), await outcome(other, token)]).toEqual(['allow', 'token.revoked'])
    chain.time.now += 0.01
    expect([await outcome(chain, twin), await outcome(other, token)]).toEqual(['revocation.unavailable', 'token.revoked'])
  } finally {
    for (const client of clients) client.destroy()
    await server.stop()
  }
})
