import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { startChain, type Answers, type Parts } from './chain.testkit.js'
import { probe } from './index.js'
import { decode } from './jose.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const run = async (parts: Partial<Parts>, only: readonly string[]) =>
  probe({ ...(await startChain(closers, { edge: open, application: strict, foreign: listOf(callerOf), ...parts })), only })

const open: Answers = () => undefined
const isWhole = ({ headers }: IncomingMessage): boolean => headers.dpop !== undefined && (headers.authorization ?? '').startsWith('DPoP ey')
const strict: Answers = (request) => (isWhole(request) ? undefined : 401)

/** A resource that is nobody's canary: it lists orders of whoever calls, at the time of day. */
const listOf = (who: (request: IncomingMessage) => unknown) => (request: IncomingMessage) => ({ user: who(request), at: Math.random(), orders: [{ id: 7 }] })
const callerOf = ({ headers }: IncomingMessage): unknown => decode(headers.authorization?.split(' ')[1] ?? '').claims['client_id']

describe('an application that has no canary of ours', () => {
  test('refuses, and the report says what that was told by', async () => {
    const report = await run({}, ['TOK-01', 'BASE-01', 'BASE-02', 'BASE-03'])
    expect(report.attacks.map(({ attack, outcome }) => [attack, outcome])).toEqual([
      ['BASE-01', 'held'],
      ['BASE-02', 'held'],
      ['BASE-03', 'breached'],
      ['TOK-01', 'held'],
    ])
    expect(report.evidence.canary).toBe(false)
  })

  test('lets a stolen token in', async () => {
    const { attacks } = await run({ application: (request) => (request.headers.authorization ? undefined : 401) }, ['TOK-01'])
    expect(attacks).toMatchObject([{ outcome: 'breached' }])
  })

  test('answers everybody', async () => {
    const { attacks } = await run({ application: open, foreign: () => ({ orders: [] }) }, ['BASE-02', 'TOK-01'])
    expect(attacks).toMatchObject([{ outcome: 'breached' }, { outcome: 'breached' }])
  })

  test('refuses with the status of success', async () => {
    const polite: Answers = (request) =>
      isWhole(request) ? undefined : { status: 200, body: { error: 'log in' }, fields: { 'Content-Type': 'application/json' } }
    const { attacks } = await run({ application: polite }, ['TOK-01'])
    expect(attacks).toMatchObject([{ outcome: 'masked' }])
  })

  test('takes the word of a field for who is calling', async () => {
    const trusting = (request: IncomingMessage): unknown => request.headers['x-forwarded-user'] ?? callerOf(request)
    const { attacks, findings } = await run({ foreign: listOf(trusting) }, ['FWD-02'])
    expect(attacks).toMatchObject([{ outcome: 'breached', reason: expect.stringContaining('forged identity') }])
    expect(findings).toMatchObject([{ hop: 'edge', owner: 'edge' }])
  })

  test('refuses honest requests', async () => {
    const { attacks, verdict } = await run({ application: () => 401 }, ['TOK-01', 'KEY-01'])
    expect(attacks.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive'])
    expect(verdict).not.toBe('holds')
  })
})

describe('an edge that gives nonces', () => {
  const nonceOf = ({ headers }: IncomingMessage) => decode(String(headers.dpop ?? '')).claims['nonce']
  const challenge = (nonce: string) => ({ status: 401, body: {}, fields: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': nonce } })

  test('gets them, also where they change in the middle', async () => {
    let count = 0
    const edge: Answers = (request) => {
      const current = `n${Math.floor(count++ / 7)}`
      return nonceOf(request) === current || !isWhole(request) ? undefined : challenge(current)
    }
    const { attacks } = await run({ edge, application: strict }, ['BASE-01', 'TOK-01', 'TOK-02'])
    expect(attacks.map(({ outcome }) => outcome)).toEqual(['held', 'held', 'held'])
  })
})
