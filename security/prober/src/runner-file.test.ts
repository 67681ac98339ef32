import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readRunnerFile, RunnerFileError } from './runner-file.js'

const folder = mkdtempSync(join(tmpdir(), 'everyhop-runner-'))
afterAll(() => rmSync(folder, { recursive: true }))

const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
const secret = Buffer.alloc(32, 7).toString('base64url')
const HONEST = {
  version: 1,
  key: generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  canaryKey: secret,
  clients: { 'canary-a': { authKey: jwk, dpopKey: jwk, origins: ['https://api.example'] } },
  witnesses: { orders: { url: 'http://127.0.0.1:9', secret: 'a secret of the prober', tagKey: secret } },
  hops: { edge: { key: jwk } },
}

function write(content: unknown, mode = 0o600): string {
  const file = join(folder, `${Math.random()}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(file, mode)
  return file
}

test('reads keys and credentials', () => {
  const runner = readRunnerFile(write(HONEST))
  expect(runner.clients.get('canary-a')).toMatchObject({ clientId: 'canary-a', origins: new Set(['https://api.example']) })
  expect([...runner.hops.keys()]).toEqual(['edge'])
  expect(runner.witnesses.get('orders')?.url).toBe('http://127.0.0.1:9')
})

test('keeps a token from before the run', () => {
  const token = 'aGVhZA.Ym9keQ.c2ln'
  const runner = readRunnerFile(write({ ...HONEST, clients: { a: { authKey: jwk, token, origins: ['https://a'] } } }))
  expect(runner.clients.get('a')?.token).toBe(token)
  expect(readRunnerFile(write(HONEST)).clients.get('canary-a')).not.toHaveProperty('token')
})

for (const mode of [0o640, 0o604, 0o660]) {
  test(`a file that others can read is refused: ${mode.toString(8)}`, () => {
    expect(() => readRunnerFile(write(HONEST, mode))).toThrow(RunnerFileError)
  })
}

for (const [title, spoiled] of Object.entries({
  'not JSON': '{',
  'another version': { ...HONEST, version: 2 },
  'a short canary key': { ...HONEST, canaryKey: 'AAAA' },
  'a client without origins': { ...HONEST, clients: { a: { authKey: jwk } } },
  'a public key': { ...HONEST, clients: { a: { authKey: { ...jwk, d: undefined }, origins: ['https://a'] } } },
  'a token that is none': { ...HONEST, clients: { a: { authKey: jwk, token: `Bearer ${secret}`, origins: ['https://a'] } } },
  'no runner key': { ...HONEST, key: undefined },
})) {
  test(`refuses ${title}, and quotes no secret`, () => {
    const file = write(spoiled)
    expect(() => readRunnerFile(file)).toThrow(RunnerFileError)
    try {
      readRunnerFile(file)
    } catch (error) {
      expect(String(error)).not.toContain(secret)
      expect(String(error)).not.toContain(String(jwk.d))
    }
  })
}
