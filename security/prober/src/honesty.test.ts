import type { IncomingMessage } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { startChain, type Answers, type Parts } from './chain.testkit.js'
import { InterruptedError, probe, type ProbeOptions } from './index.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const run = async (parts: Parts, options: Partial<ProbeOptions> = {}) => probe({ ...(await startChain(closers, parts)), ...options })

const open: Answers = () => undefined
const isWhole = ({ headers }: IncomingMessage): boolean => headers.dpop !== undefined && headers.authorization !== undefined
const strict: Answers = (request) => (isWhole(request) ? undefined : 401)

const controlsAt = ({ controls }: Awaited<ReturnType<typeof run>>, hop: string) =>
  controls.filter(({ place, verdict }) => place === hop && verdict === 'holds').map(({ control }) => control)

for (const [title, isBlind] of [
  ['a witness saw nothing arrive', false],
  ['nobody can tell who refused', true],
] as const) {
  test(`what an edge of others refused shows nothing of the application behind it: ${title}`, async () => {
    const report = await run({ edge: strict, application: open, hop: { forward: 'attested' }, isBlind }, { only: ['TOK-01', 'BASE-02'] })
    expect(report.attacks.map(({ outcome }) => outcome)).toEqual(['held', 'held'])
    expect(controlsAt(report, 'orders')).toEqual([])
  })
}

test('what arrived at the application and was refused there holds there', async () => {
  const report = await run({ edge: open, application: strict }, { only: ['TOK-01'], seed: 1 })
  expect(controlsAt(report, 'orders')).toContain('POP-AP-04')
})

test('a scheme in lower case that the application refuses is not the fault of the edge that attested it', async () => {
  const fussy: Answers = ({ headers }) => (headers.authorization?.startsWith('dpop ') ? 401 : undefined)
  const report = await run({ edge: open, application: fussy, hop: { forward: 'rebound' } }, { only: ['DWN-02a'] })
  expect(report.findings).toMatchObject([{ attack: 'DWN-02a', outcome: 'breached', hop: 'orders', layer: 'application', owner: 'orders', coFaults: [] }])
})

test('an answer to no credentials that the edge gives is not the fault of the application', async () => {
  const report = await run({ edge: (request) => (isWhole(request) ? undefined : 403), application: strict }, { only: ['BASE-02'] })
  expect(report.findings).toMatchObject([{ attack: 'BASE-02', hop: 'edge', layer: 'platform', owner: 'edge' }])
})

test('an issuer that refuses a used proof says nothing of the replays that the application takes', async () => {
  const report = await run({ edge: open, application: open }, { only: ['ISS-03c', 'ISS-02'] })
  expect(controlsAt(report, 'orders')).toEqual([])
})

/** Each of these refuses what is hostile, for no reason that has to do with proofs. */
for (const [title, edge] of [
  ['a firewall that answers 403', (request) => (isWhole(request) ? undefined : 403)],
  ['a rate limit of every second request', everySecond(429)],
  ['a limit of every second request that says 403', everySecond(403)],
  ['an outage of every second request', everySecond(503)],
] as const satisfies readonly (readonly [string, Answers])[]) {
  test(`${title} holds nothing`, async () => {
    const report = await run({ edge, application: open }, { only: ['TOK-01', 'TOK-02', 'KEY-01', 'RPL-01', 'RPL-02'] })
    expect(report.attacks.map(({ outcome }) => outcome)).not.toContain('held')
    expect(report.verdict).not.toBe('holds')
  })
}

function everySecond(status: number): Answers {
  let count = 0
  return () => (count++ % 2 === 0 ? undefined : status)
}

test('a run that is interrupted gives no report, and leaves no token behind', async () => {
  const stop = new AbortController()
  const parts = await startChain(closers, { edge: open, application: open })
  const onProgress = ({ done }: { readonly done: number }) => done === 2 && stop.abort()
  await expect(probe({ ...parts, only: ['TOK', 'ISS'], signal: stop.signal, onProgress })).rejects.toThrow(InterruptedError)
  expect(parts.issued.size).toBeGreaterThan(2)
  expect(parts.revoked).toEqual(parts.issued)
})

test('a run that has used up its requests leaves no token behind', async () => {
  const parts = await startChain(closers, { edge: open, application: open })
  const report = await probe({ ...parts, only: ['TOK'], maxRequests: 9 })
  expect(report.attacks.map(({ reason }) => reason).join()).toContain('the 9 requests that it may send')
  expect(parts.revoked).toEqual(parts.issued)
})

for (const [title, parts] of Object.entries({
  'no witness saw the proof': { edge: open, application: open, isBlind: true, drops: ['dpop'] },
  'the edge drops the tag as well': { edge: open, application: open, drops: ['dpop', 'everyhop-run'] },
})) {
  test(`an honest request that is let in does not show that its proof came through: ${title}`, async () => {
    const report = await run(parts, { only: ['BASE-01', 'FWD-03', 'HOP-09'] })
    expect(report.attacks.find(({ attack }) => attack === 'BASE-01')?.outcome).toBe('held')
    expect(controlsAt(report, 'edge')).toEqual([])
  })
}

test('what came through whole was kept whole', async () => {
  const report = await run({ edge: open, application: open }, { only: ['BASE-01', 'FWD-03'] })
  expect(controlsAt(report, 'edge')).toEqual(['POP-PL-02'])
})

for (const [title, parts, where] of [
  ['an application that refuses who comes around the edge', { isReachable: true }, 'orders'],
  ['a network that lets nobody around the edge', { isClosed: true }, 'network'],
] as const) {
  test(`${title} is credited to whoever did it`, async () => {
    const report = await run({ edge: open, application: strict, ...parts }, { only: ['DIR-02'] })
    expect(report.attacks).toMatchObject([{ outcome: 'held' }])
    expect(report.controls.filter(({ verdict }) => verdict === 'holds').map(({ place }) => place)).toEqual([where])
  })
}
