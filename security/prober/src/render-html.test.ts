import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DARK, LIGHT } from './render-html-style.js'
import { renderHtml } from './render-html.js'
import { CHAIN, NASTY, NASTY_SAMPLE, reportOf, SAMPLE, VERDICTS, withText } from './render-sample.testkit.js'

const page = (report: typeof SAMPLE) => renderHtml([{ report, chain: CHAIN }])
/** Everything that a parser takes for a tag, as it stands. */
const tagsOf = (text: string) => text.match(/<[^>]*>/g) ?? []
const textOf = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

describe('both verdicts stand in words, and nothing else reads as a pass', () => {
  for (const verdict of VERDICTS) {
    test(verdict, () => {
      const text = textOf(renderHtml([{ report: { ...reportOf(verdict), attacks: [], findings: [] } }]))
      expect(text).toMatch(new RegExp(`Outcome: \\S+ ${verdict} .*Assurance: \\S+ ${verdict} `))
      expect(text.includes('✓')).toBe(verdict === 'holds')
    })
  }
})

test('a section for each team that answers for something, those with findings first', () => {
  const headings = [...page(SAMPLE).matchAll(/<h4 id="([\w-]+)">([^<]*)/g)].map(([, id, team]) => [id, team])
  expect(headings.map(([, team]) => team)).toEqual(['edge', 'orders', 'identity', 'mesh'])
  for (const [id] of headings) expect(page(SAMPLE)).toContain(`href="#${id}"`)
})

test('each finding says where, whose, what was seen, what to do, and the command that shows it again', () => {
  const text = textOf(page(SAMPLE))
  expect(text).toContain('deploy/every hop.yaml:9')
  expect(text).toContain('the proof was there before the hop and not after it')
  expect(text).toContain('What to do Forward the proof.')
  expect(text).toContain('orders: orders (application, orders@example.com), POP-AP-01: let it in')
  expect(text).toContain('between mesh and orders')
  expect(page(SAMPLE)).toContain('<pre><code>everyhop probe --only FWD-01</code></pre>')
})

test('with the manifest the chain is drawn as in text, without it the hops are', () => {
  const arrows = (text: string) => [...text.matchAll(/<span class="arrow">([^<]*)/g)].map(([, label]) => label)
  expect(arrows(page(SAMPLE))).toEqual(['─ proof ─▶', '─ passthrough ─▶', '─ passthrough ─▶'])
  expect(renderHtml([{ report: SAMPLE }])).toMatch(/<b>issuer<\/b>.*<b>edge<\/b>.*<b>mesh<\/b>.*<b>orders<\/b>/s)
})

test('nothing in it names an address to fetch, a script or a style of an element', () => {
  const { length } = tagsOf(page(NASTY_SAMPLE)).filter((tag) => /\s(?:src|style|on\w+|action|srcset|data)\s*=/i.test(tag))
  expect(length).toBe(0)
  expect(page(NASTY_SAMPLE)).not.toMatch(/<(?:script|img|link|iframe|object|form|base)\b|@import|url\(/i)
})

describe('text stays text', () => {
  const plain = tagsOf(page(withText('x')))

  test('whatever a manifest, a hop or an answer says, the tags of the page are the same', () => {
    const fragments = ['<', '>', '"', "'", '`', '=', '&', '/', '<!--', '-->', ']]>', '</style>', '<script>', '</title>', 'onload', '\u202E', '\0', '\uD800']
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...fragments), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const found = tagsOf(page(withText(`x${text}`)))
        // The one attribute that holds text: escaped, it still has no quote and no bracket.
        const isSame =
          found.length === plain.length &&
          found.every((tag, index) => tag.replace(/ aria-label="[^"]*"/, '') === plain[index]!.replace(/ aria-label="[^"]*"/, ''))
        expect(isSame).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('control characters and those that turn the writing around are not in it', () => {
    expect(page(withText(`${NASTY}\u202Eabc\u2066`))).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/u)
  })
})

/** WCAG 2.2: relative luminance, and the contrast of two colours. */
const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((from) => {
    const part = Number.parseInt(hex.slice(from, from + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (left: string, right: string): number => {
  const [high, low] = [luminance(left), luminance(right)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

describe('every text has a contrast of at least 4.5 on what it stands on', () => {
  for (const [name, { ground, panel, rule: _, ...texts }] of Object.entries({ light: LIGHT, dark: DARK })) {
    test(name, () => {
      for (const [text, colour] of Object.entries(texts)) {
        for (const under of [ground, panel]) expect(contrast(colour, under), `${text} on ${under}`).toBeGreaterThanOrEqual(4.5)
      }
    })
  }
})
