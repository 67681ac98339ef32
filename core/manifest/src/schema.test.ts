import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { schemaText } from './schema.js'

test('the published JSON Schema is the one that the code makes (else run write-schema)', async () => {
  expect(await readFile(new URL('../schema/everyhop-1.schema.json', import.meta.url), 'utf8')).toBe(schemaText())
})
