import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadManifest } from './load.js'
import { HONEST } from './sample.fixture.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-waivers-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function codesOf(text: string): Promise<readonly string[]> {
  const file = join(folder, 'everyhop.yaml')
  await writeFile(file, text)
  const loaded = await loadManifest(file)
  return loaded.ok ? [] : loaded.problems.map(({ code }) => code)
}

test('networks of a waiver need a hop that tells from where its client came', async () => {
  const restricted = HONEST.replace('allowlist: [billco]', 'allowlist: [billco], networks: [192.0.2.0/24]')
  const through = (text: string) => text.replace('forward: attested', 'forward: passthrough')
  expect(restricted).not.toBe(HONEST)
  expect(await codesOf(restricted)).toEqual([])
  expect(await codesOf(through(HONEST))).toEqual([])
  expect(await codesOf(through(restricted))).toEqual(['waiver.unseen-network'])
})
