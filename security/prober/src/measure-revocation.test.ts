import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { startChain } from './chain.testkit.js'
import { probe } from './probe.js'
import { renderHtml } from './render-html.js'
import { renderMarkdown } from './render-markdown.js'
import { renderText } from './render-text.js'
import { SAMPLE } from './render-sample.testkit.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** An application that refuses what was revoked after so many more requests; time passes by waiting only. */
async function measured(lag: number, isSteady = true) {
  let elapsed = Date.now()
  let revoked: ReadonlySet<string> = new Set()
  let seen = 0
  const application = ({ headers }: IncomingMessage) => {
    const token = String(headers.authorization).split(' ')[1] ?? ''
    if (!revoked.has(token)) return undefined
    seen++
    return seen > lag && (isSteady || seen % 2 === 0 || seen > lag + 5) ? 401 : undefined
  }
  const started = await startChain(closers, { edge: () => undefined, application })
  ;({ revoked } = started)
  const wait = async (ms: number): Promise<void> => void (elapsed += ms)
  const report = await probe({ ...started, only: ['BASE-01'], revocationSamples: 1, clock: () => elapsed, wait })
  const [token, ...others] = report.revocation ?? []
  return { report, token, others }
}

describe('the time to the first steady refusal', () => {
  for (const [what, lag, isSteady, least, most] of [
    ['at once', 0, true, 0, 0],
    ['after a while', 10, true, 150, 400],
    ['counts from the last time that it was let in', 4, false, 150, 400],
  ] as const) {
    test(what, async () => {
      const { token } = await measured(lag, isSteady)
      expect(token).toMatchObject({ by: 'token', at: ['edge', 'orders'] })
      expect(token?.samples).toHaveLength(1)
      expect(token?.samples[0]).toBeGreaterThanOrEqual(least)
      expect(token?.samples[0]).toBeLessThanOrEqual(most)
    })
  }

  test('what is let in to the end is a breach, with whose it is', async () => {
    const { report, token } = await measured(Number.POSITIVE_INFINITY)
    expect(token?.samples).toEqual([null])
    expect(report.findings).toMatchObject([{ attack: 'REV-01', control: 'POP-AP-07', reproduce: 'everyhop probe --measure revocation' }])
    expect(report.verdict).toBe('broken')
  })

  test('what the issuer cannot revoke is not measured, and says why', async () => {
    const { others } = await measured(0)
    expect(others.map(({ by, samples, reason }) => [by, samples.length, reason])).toEqual(
      ['client', 'key', 'grant'].map((by) => [by, 0, `revocations.${by} of the runner file names no command for it`]),
    )
  })
})

test('without class P2 nothing is revoked', async () => {
  const { chain, runner, revoked, issued } = await startChain(closers, { edge: () => undefined, application: () => undefined })
  const report = await probe({ chain: { ...chain, probe: { ...chain.probe!, class: 'P1' } }, runner, only: ['BASE-02'], revocationSamples: 1 })
  expect(report.revocation?.map(({ reason }) => reason)).toEqual(Array(4).fill('it needs class P2 and honest requests that are let in'))
  // What the run itself took is given back, as ever.
  expect(revoked).toEqual(issued)
})

test('every form for people has the figures, and the reasons where there are none', () => {
  const report = {
    ...SAMPLE,
    revocation: [
      { by: 'token', entered: 'edge', at: 'edge', samples: [10, 20, 30, null] },
      { by: 'grant', entered: 'edge', at: 'issuer', samples: [], reason: 'no command' },
    ] as const,
  }
  for (const text of [
    renderText(report),
    renderMarkdown([{ report }]),
    renderHtml([{ report }])
      .replace(/<[^>]*>|\s+/g, ' ')
      .replace(/ +/g, ' '),
  ]) {
    expect(text).toMatch(/token[ |]+edge[ |]+4[ |]+10 ms[ |]+20 ms[ |]+30 ms[ |]+30 ms/)
    expect(text).toMatch(/grant.*no command/)
  }
  expect(renderText(report)).toContain('1 still let in at the end')
})
