import { describe, expect, test } from 'vitest'
import { renderMarkdown } from './render-markdown.js'
import { CHAIN, FINDING, NASTY, NASTY_SAMPLE, reportOf, SAMPLE, VERDICTS } from './render-sample.testkit.js'

const linesOf = (report: typeof SAMPLE) => renderMarkdown([{ report, chain: CHAIN }]).split('\n')
const withFindings = (...findings: readonly (typeof FINDING)[]) => ({ ...SAMPLE, findings })
/** Cells of the rows of all tables, without their heads: an escaped bar ends no cell. */
const rowsOf = (lines: readonly string[]) =>
  lines
    .filter((line, index) => line.startsWith('|') && !line.startsWith('|--') && !lines[index + 1]?.startsWith('|--'))
    .map((line) =>
      line
        .split(/(?<=(?<!\\)(?:\\\\)*)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

describe('the verdict stands first, and nothing else reads as a pass', () => {
  for (const verdict of VERDICTS) {
    test(verdict, () => {
      const [heading, , assurance] = linesOf(reportOf(verdict))
      expect(heading).toMatch(new RegExp(`^### orders \\(staging\\): \\S+ ${verdict}$`))
      expect(assurance).toContain(` ${verdict}. 12 requests`)
      expect(renderMarkdown([{ report: reportOf(verdict) }]).includes('✅')).toBe(verdict === 'holds')
    })
  }
})

test('a table by hop and owner, and what does not count as holding', () => {
  expect(rowsOf(linesOf(SAMPLE))).toEqual([
    ['issuer', 'identity', 'identity', '⚠️ waived', '0'],
    ['edge', 'edge', 'platform', '❌ broken', '1'],
    ['mesh', 'mesh', 'platform', '❔ unproven', '1'],
    ['orders', 'orders', 'application', '✅ holds', '1'],
    ['identity', '0', '1'],
    ['mesh', '1', '0'],
  ])
})

test('findings by owner, each with what to do and how to see it again', () => {
  const lines = linesOf(SAMPLE)
  expect(lines.filter((line) => line.startsWith('#### '))).toEqual([
    '#### edge (platform, `edge@example.com`)',
    '#### orders (application, `orders@example.com`)',
  ])
  expect(lines.filter((line) => line.includes('**do:**'))).toHaveLength(2)
  expect(lines.filter((line) => line.includes('again: `everyhop probe --only'))).toHaveLength(2)
  expect(lines).toContain('  - should have refused it too: orders (orders)')
  expect(lines.join('\n')).toContain('between mesh and orders')
})

test('attacks that showed one fault stand together', () => {
  const lines = linesOf(withFindings(FINDING, { ...FINDING, attack: 'FWD-02' }))
  expect(lines.filter((line) => line.includes('**do:**'))).toHaveLength(1)
  expect(lines.filter((line) => /^ {2}- FWD-0[12]: /.test(line))).toHaveLength(2)
})

test('it stays short enough for a comment, and says that there is more', () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ ...FINDING, hop: `hop-${index}`, evidence: Array<string>(9).fill('seen this') }))
  const text = renderMarkdown([{ report: withFindings(...many) }])
  expect(text).toContain('- and 290 more')
  expect(text.length).toBeLessThan(65_536)
})

test('what a chain says makes no markup, no link, no cell, and calls nobody', () => {
  const lines = linesOf(NASTY_SAMPLE)
  expect(rowsOf(lines).map((cells) => cells.length)).toEqual([5, 5, 5, 5, 3, 3])
  // Outside of code spans, whose fences are longer than what is in them, every special character is escaped.
  const outside = lines.map((line) => line.replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, ''))
  expect(outside.join('\n')).not.toMatch(/(?<!\\)[<\]`&]|@(?!\u200B)|[^\P{Cc}\n]/u)
  expect(lines.join('\n')).toContain('``` <b a="1">')
  expect(NASTY).toContain('``')
})

test('the order of owners is its own', () => {
  const text = renderMarkdown([{ report: SAMPLE }])
  expect(renderMarkdown([{ report: { ...SAMPLE, findings: SAMPLE.findings.toReversed(), controls: SAMPLE.controls.toReversed() } }])).toBe(text)
})
