import { SaxesParser } from 'saxes'
import { describe, expect, test } from 'vitest'
import { escapeXml, renderJunit } from './render-junit.js'
import { CHAIN, NASTY, NASTY_SAMPLE, reportOf, SAMPLE, VERDICTS } from './render-sample.testkit.js'

type Element = { readonly name: string; readonly attributes: Readonly<Record<string, string>>; readonly children: Element[]; text: string }

/** Parses as strictly as XML 1.0 asks for: anything that is not well formed throws. */
function parse(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' }
    open.at(-1)!.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  parser.on('text', (text) => void (open.at(-1)!.text += text))
  parser.write(xml).close()
  return root.children[0]!
}

const all = (element: Element, name: string): readonly Element[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)])
const casesOf = (xml: string) => all(parse(xml), 'testcase')

test('a suite for each team and a case for each control at a place, in an order of their own', () => {
  const xml = renderJunit([{ report: SAMPLE, chain: CHAIN }])
  expect(all(parse(xml), 'testsuite').map(({ attributes }) => attributes['name'])).toEqual(
    ['edge', 'identity', 'mesh', 'orders'].map((team) => `orders (staging): ${team}`),
  )
  expect(casesOf(xml).map(({ attributes }) => [attributes['name']!.split(' ')[0], attributes['classname']])).toEqual([
    ['POP-PL-02', 'orders.staging.edge'],
    ['POP-ID-01', 'orders.staging.client:partner'],
    ['POP-ID-02', 'orders.staging.issuer'],
    ['POP-PL-02', 'orders.staging.mesh'],
    ['POP-AP-01', 'orders.staging.orders'],
    ['POP-AP-04', 'orders.staging.orders'],
  ])
  expect(renderJunit([{ report: { ...SAMPLE, controls: SAMPLE.controls.toReversed() }, chain: CHAIN }])).toBe(xml)
})

const CHILD = { broken: 'failure', unproven: 'skipped', waived: 'skipped', holds: undefined, 'not-applicable': 'skipped' } as const

describe('only what holds passes', () => {
  for (const verdict of VERDICTS) {
    test(`${verdict}: ${CHILD[verdict] ?? 'passes'}`, () => {
      const xml = renderJunit([{ report: reportOf(verdict), chain: CHAIN }])
      const cases = casesOf(xml)
      expect(cases).toHaveLength(6)
      for (const { children } of cases) expect(children.map(({ name }) => name)).toEqual(CHILD[verdict] === undefined ? [] : [CHILD[verdict]])
      const counted = { failures: verdict === 'broken' ? '6' : '0', skipped: CHILD[verdict] === 'skipped' ? '6' : '0', errors: '0', tests: '6' }
      expect(parse(xml).attributes).toMatchObject(counted)
    })
  }
})

test('what is skipped says why', () => {
  const messages = all(parse(renderJunit([{ report: SAMPLE }])), 'skipped').map(({ attributes }) => attributes['message'])
  expect(messages).toEqual(['waived under W-7: why waived', 'not-applicable: why not-applicable', 'unproven: why unproven'])
})

test('a failure tells the attack, what was seen, what to do and how to see it again, also where a fault is shared', () => {
  const failures = all(parse(renderJunit([{ report: SAMPLE }])), 'failure')
  expect(failures).toHaveLength(2)
  for (const { text } of failures) expect(text).toMatch(/FWD-01[^]*edge@example\.com[^]*seen: [^]*do: Forward[^]*again: everyhop/)
})

test('a case stands where the manifest declares its place', () => {
  const hops = new Map(CHAIN.hops).set('edge', { ...CHAIN.hops.get('edge')!, at: { file: 'chain.yaml', line: 12, column: 3 } })
  const [edge] = casesOf(renderJunit([{ report: SAMPLE, chain: { ...CHAIN, hops } }]))
  expect(edge!.attributes).toMatchObject({ file: 'chain.yaml', line: '12' })
})

test('nothing that a chain says breaks the document, and nothing of it is lost that XML can hold', () => {
  const xml = renderJunit([{ report: NASTY_SAMPLE, chain: CHAIN }, { report: SAMPLE }])
  const readable = NASTY.replace(/[\u0000\u001B\uD800]/gu, '\uFFFD')
  expect(all(parse(xml), 'failure')[0]!.attributes['message']).toBe(readable)
  expect(all(parse(xml), 'failure')[0]!.text).toContain(`seen: ${readable}`)
})

for (const [text, written] of [
  ['a & b', 'a &amp; b'],
  ['<x a="b" c=\'d\'>', '&lt;x a=&quot;b&quot; c=&apos;d&apos;&gt;'],
  ['&lt;', '&amp;lt;'],
  ['a\tb\r\nc', 'a&#9;b&#13;&#10;c'],
  ['\u0000\u001B\u007F\uFFFE\uD800', '\uFFFD\uFFFD\u007F\uFFFD\uFFFD'],
  ['\u{1F600}', '\u{1F600}'],
] as const) {
  test(`escapes ${JSON.stringify(text)}`, () => {
    expect(escapeXml(text)).toBe(written)
    expect(parse(`<r a="${written}">${written}</r>`)).toMatchObject({ text: written.includes('\uFFFD') ? written : text })
  })
}
