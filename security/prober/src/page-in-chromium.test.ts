import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needsChromium, withChromium } from './chromium.testkit.js'
import { renderHtml } from './render-html.js'
import { DARK, LIGHT } from './render-html-style.js'
import { CHAIN, NASTY, SAMPLE, withText } from './render-sample.testkit.js'

const page = (report: typeof SAMPLE) => renderHtml([{ report, chain: CHAIN }])
const rgb = (hex: string): string => `rgb(${[1, 3, 5].map((from) => Number.parseInt(hex.slice(from, from + 2), 16)).join(', ')})`

/** Where pictures are kept to be looked at; nowhere by default. */
const PICTURES = process.env['EVERYHOP_PICTURES']

test('in a browser: light and dark, narrow and on paper, without a request or a word on the console, whatever the report says', async (context) => {
  needsChromium(context)
  const hostile = `${NASTY}</style></title></script><script>console.error(1)</script><img src=http://127.0.0.1:9/x onerror=console.error(2)>`
  await withChromium(async (open) => {
    const light = await open(page(SAMPLE), { scheme: 'light' })
    const dark = await open(page(SAMPLE), { scheme: 'dark' })
    const narrow = await open(page(SAMPLE), { scheme: 'light', width: 400 })
    const attacked = await open(page(withText(hostile)), { scheme: 'dark' })
    for (const { requests, problems, pages } of [light, dark, narrow, attacked]) expect([requests, problems, pages > 1]).toEqual([[], [], true])
    expect([light.ground, dark.ground]).toEqual([rgb(LIGHT.ground), rgb(DARK.ground)])
    expect([light, narrow].map(({ isWider }) => isWider)).toEqual([false, false])
    const honest = await open(page(withText('x')), { scheme: 'dark' })
    expect(attacked.elements).toEqual(honest.elements)
    for (const [name, { picture }] of Object.entries({ light, dark, narrow, attacked })) {
      expect(picture.length).toBeGreaterThan(10_000)
      if (PICTURES !== undefined) await writeFile(join(PICTURES, `report-${name}.png`), picture)
    }
  })
})
