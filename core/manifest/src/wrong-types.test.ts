import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { loadManifest } from './load.js'
import { CONVEYED, TWO_ISSUERS } from './sample.fixture.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-types-'))
})
afterAll(() => rm(folder, { recursive: true }))

const NOW = Date.parse('2026-11-02') / 1_000
const WRONG = '{ wrong: type }'

type Leaf = { readonly path: string; readonly from: number; readonly to: number }

/** Every scalar of the file and the span in which it stands. */
function leavesOf(node: unknown, path: string): readonly Leaf[] {
  if (isMap(node)) return node.items.flatMap(({ key, value }) => leavesOf(value, `${path}/${String(key)}`))
  if (isSeq(node)) return node.items.flatMap((item, index) => leavesOf(item, `${path}/${index}`))
  const [from = 0, to = 0] = isScalar(node) ? (node.range ?? []) : []
  return [{ path, from, to }]
}

for (const [title, text] of Object.entries({ 'with two issuers': TWO_ISSUERS, 'with a terminator': CONVEYED })) {
  for (const { path, from, to } of leavesOf(parseDocument(text).contents, '')) {
    test(`${title}: a mapping at ${path} is refused there, with how to mend it`, async () => {
      const file = join(folder, 'everyhop.yaml')
      await writeFile(file, `${text.slice(0, from)}${WRONG}${text.slice(to)}`)
      const loaded = await loadManifest(file, { now: NOW })
      const before = text.slice(0, from).split('\n')
      const here = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
      const problem = loaded.ok ? undefined : loaded.problems.find(({ line, column }) => line === here.line && column === here.column)
      expect(problem).toMatchObject(here)
      expect(problem?.code).toMatch(/^value\.(type|unknown)$/)
      expect(`${problem?.message} ${problem?.hint ?? ''}`).toMatch(/must be|did you mean|known:/)
    })
  }
}
