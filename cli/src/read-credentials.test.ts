import { createKeyPair } from '@everyhop/proof'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCredentials } from './read-credentials.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everyhop-credentials-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function written(content: unknown, mode = 0o600): Promise<string> {
  const path = join(dir, 'credentials.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  await chmod(path, mode)
  return path
}

const SECRET = { method: 'client_secret_basic', clientId: 'edge', clientSecret: 's3cret' }

test('secrets and keys, by issuer', async () => {
  const { privateKey } = createKeyPair('ec', { namedCurve: 'P-256' })
  const key = { method: 'private_key_jwt', clientId: 'edge', key: privateKey.export({ format: 'jwk' }) }
  const read = await readCredentials(await written({ 'https://id.test': SECRET, 'https://other.test': key }))
  expect(read['https://id.test']).toEqual(SECRET)
  expect(read['https://other.test']).toMatchObject({ method: 'private_key_jwt', key: { type: 'private' } })
})

test.each([
  ['a file that others can read', SECRET, 0o640, 'config.key-mode'],
  ['no JSON', '{"https://id.test": s3cret', 0o600, 'config.introspection-file'],
  ['no object', { 'https://id.test': null }, 0o600, 'config.introspection-file'],
  ['a key that is none', { 'https://id.test': { key: { kty: 'EC', d: 's3cret' } } }, 0o600, 'config.introspection-file'],
])('%s is refused, and nothing of it is quoted', async (_, content, mode, code) => {
  const failure: unknown = await readCredentials(await written(content, mode)).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code })
  expect(String(failure)).not.toContain('s3cret')
})
