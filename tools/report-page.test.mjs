import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const read = (path) => readFile(new URL(`../${path}`, import.meta.url), 'utf8')

test('the page of the report names every member of it', async () => {
  const [source, page] = await Promise.all([read('core/chain/src/report.ts'), read('docs/report.md')])
  const members = new Set(Array.from(source.matchAll(/\breadonly (\w+)\??:/g), ({ 1: name }) => name))
  expect(members.size).toBeGreaterThan(20)
  expect([...members].filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}[]\``))).toEqual([])
})
