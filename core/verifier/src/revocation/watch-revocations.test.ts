import { expect, test } from 'vitest'
import type { Standing } from './open-revocations.js'
import { createRevocationWatch } from './watch-revocations.js'

const SUBJECT = { issuer: 'https://id.test', client: 'shop' }

function stand() {
  const time = { now: 0 }
  const standings = new Map<string, Standing>()
  /** As of the last time that it was asked for. */
  const told = new Map<string, Standing>()
  const timer: { look: (() => void) | undefined; started: number } = { look: undefined, started: 0 }
  const { watch } = createRevocationWatch({
    standingOf: ({ client }) => told.get(client) ?? 'live',
    renew: async () => {
      for (const [client, standing] of standings) told.set(client, standing)
    },
    clock: () => time.now,
    grace: 5,
    schedule(look) {
      timer.look = look
      timer.started += 1
      return () => {
        timer.look = undefined
      }
    },
  })
  const closed: string[] = []
  const open = (client: string) => watch({ ...SUBJECT, client }, (why) => closed.push(`${client} ${why}`))
  /** A look half a second later. */
  const look = async () => {
    time.now += 0.5
    timer.look?.()
    await new Promise(setImmediate)
  }
  return { standings, timer, closed, open, look, watch }
}

test('what is revoked is closed once, and nothing else', async () => {
  const { standings, closed, open, look } = stand()
  open('shop')
  open('billco')
  await look()
  expect(closed).toEqual([])
  standings.set('shop', 'revoked')
  await look()
  await look()
  expect(closed).toEqual(['shop token.revoked'])
})

test('what a store that lost its memory cannot vouch for is closed', async () => {
  const { standings, closed, open, look } = stand()
  open('shop')
  standings.set('shop', 'forgotten')
  await look()
  expect(closed).toEqual(['shop revocation.forgotten'])
})

test('what is unknown stays open for the grace, counted from the last time that it was known', async () => {
  const { standings, closed, open, look } = stand()
  open('shop')
  standings.set('shop', 'unavailable')
  for (let looks = 0; looks < 11; looks++) await look()
  expect(closed).toEqual([])
  standings.set('shop', 'live')
  await look()
  standings.set('shop', 'unavailable')
  for (let looks = 0; looks < 11; looks++) await look()
  expect(closed).toEqual([])
  await look()
  expect(closed).toEqual(['shop revocation.unavailable'])
})

test('what has ended is not closed again, and nothing is looked at when nothing is open', async () => {
  const { standings, timer, closed, open, look } = stand()
  const end = open('shop')
  const other = open('billco')
  expect(timer.started).toBe(1)
  end()
  end()
  expect(timer.look).toBeDefined()
  other()
  expect(timer.look).toBeUndefined()
  standings.set('shop', 'revoked')
  await look()
  expect(closed).toEqual([])
  open('shop')
  expect(timer.started).toBe(2)
})

test('one that cannot be closed keeps no other open', async () => {
  const { standings, closed, open, look, watch } = stand()
  watch({ ...SUBJECT, client: 'bad' }, () => {
    throw new Error('broken pipe')
  })
  open('shop')
  standings.set('bad', 'revoked').set('shop', 'revoked')
  await look()
  expect(closed).toEqual(['shop token.revoked'])
})

test('a question that fails is no answer, and not the last question', async () => {
  const { standings, closed, look, watch } = stand()
  standings.set('shop', 'revoked')
  watch(
    {
      ...SUBJECT,
      get client(): string {
        throw new Error('not to be told')
      },
    },
    (why) => closed.push(why),
  )
  watch({ ...SUBJECT }, (why) => closed.push(`shop ${why}`))
  for (let times = 0; times < 12; times += 1) await look()
  expect(closed).toEqual(['shop token.revoked', 'revocation.unavailable'])
})
