import { createKeyPair } from './create-key-pair.js'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readRunnerFile, RunnerFileError } from './runner-file.js'

const folder = mkdtempSync(join(tmpdir(), 'everyhop-runner-'))
afterAll(() => rmSync(folder, { recursive: true }))

const jwk = createKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
const secret = Buffer.alloc(32, 7).toString('base64url')
const HONEST = {
  version: 1,
  key: createKeyPair('ed25519').privateKey.export({ format: 'jwk' }),
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

test('commands that revoke, by what they revoke', () => {
  const read = (revocations: unknown) => readRunnerFile(write({ ...HONEST, revocations })).revocations
  expect(read({ grant: ['./revoke', 'it'] })?.get('grant')).toEqual({ command: ['./revoke', 'it'], folder })
  expect(() => read({ token: ['./revoke'] })).toThrow('revocations.token: name one of client, key, grant')
})

test('keeps a token from before the run', () => {
  const token = 'aGVhZA.Ym9keQ.c2ln'
  const runner = readRunnerFile(write({ ...HONEST, clients: { a: { authKey: jwk, token, origins: ['https://a'] } } }))
  expect(runner.clients.get('a')?.token).toBe(token)
  expect(readRunnerFile(write(HONEST)).clients.get('canary-a')).not.toHaveProperty('token')
})

describe('how a client gets its tokens', () => {
  const env = { SHOP_SECRET: 's3cret', TOKEN: 'a.b.c' }
  const read = (client: object) => readRunnerFile(write({ ...HONEST, clients: { a: { origins: ['https://a'], ...client } } }), env).clients.get('a')
  writeFileSync(join(folder, 'secret'), 'from a file\n', { mode: 0o600 })
  writeFileSync(join(folder, 'open'), 'from a file\n', { mode: 0o644 })
  writeFileSync(join(folder, 'key.pem'), createKeyPair('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(join(folder, 'key.json'), JSON.stringify(jwk), { mode: 0o600 })
  const certificate = { certificate: 'secret', certificateKey: 'secret' }

  for (const [what, client, expected] of [
    ['a key', { authKey: { ...jwk, kid: 'one', alg: 'ES256' }, authAudience: 'https://a/t' }, { by: 'key', kid: 'one', alg: 'ES256', audience: 'https://a/t' }],
    ['a key in a file', { authKey: 'file:key.json' }, { by: 'key' }],
    ['a key in PEM', { authKey: 'file:key.pem' }, { by: 'key' }],
    ['a secret of the environment', { secret: 'env:SHOP_SECRET' }, { by: 'secret', secret: 's3cret', in: 'header' }],
    ['a secret in a file', { secret: 'file:secret', authMethod: 'client_secret_post' }, { by: 'secret', secret: 'from a file', in: 'body' }],
    ['a certificate', { authMethod: 'tls_client_auth', ...certificate }, { by: 'certificate' }],
  ] as const) {
    test(`authenticates with ${what}`, () => expect(read(client)?.auth).toMatchObject(expected))
  }

  test('or is handed them', () => {
    expect(read({ tokens: ['env:TOKEN', 'opaque'] })).toMatchObject({ handedIn: { from: 'list', tokens: ['a.b.c', 'opaque'] } })
    expect(read({ tokenCommand: ['./login', 'canary'], secret: 'env:SHOP_SECRET' })).toMatchObject({
      auth: { by: 'secret' },
      handedIn: { from: 'command', command: ['./login', 'canary'], folder },
    })
  })

  test('and asks with what else the issuer wants', () => {
    expect(read({ secret: 'env:SHOP_SECRET', form: { scope: 'orders', resource: '' } })?.form).toEqual({ scope: 'orders', resource: '' })
  })

  for (const [what, client, says] of [
    ['nothing at all', {}, 'must say how it gets tokens'],
    ['a key and a secret', { authKey: jwk, secret: 'env:SHOP_SECRET' }, 'keep one'],
    ['tokens and a command', { tokens: ['a'], tokenCommand: ['a'] }, 'keep one'],
    ['a secret that stands there itself', { secret: 's3cret-itself' }, 'clients.a.secret must be env:NAME or file:PATH'],
    ['a secret that nobody set', { secret: 'env:NOBODY' }, 'env:NOBODY is empty or not set'],
    ['a secret that others can read', { secret: 'file:open' }, 'chmod 600'],
    ['a way that does not go with a key', { authKey: jwk, authMethod: 'client_secret_post' }, 'must be private_key_jwt'],
    ['a way without what it needs', { authMethod: 'tls_client_auth' }, 'needs a certificate'],
    ['a way that is none', { authMethod: 'magic' }, 'must be tls_client_auth'],
    ['one token twice', { tokens: ['a', 'a'] }, 'must be different tokens'],
    ['a token that is none', { tokens: ['Bearer s3cret'] }, 'clients.a.tokens.0 must be an access token'],
    ['an empty command', { tokenCommand: [] }, 'must name a command'],
    [
      'a proof key that makes no proofs',
      { secret: 'env:SHOP_SECRET', dpopKey: createKeyPair('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }) },
      'must be a key on a curve',
    ],
  ] as const) {
    test(`${what} is refused, and no secret quoted`, () => {
      expect(() => read(client)).toThrow(says)
      expect(() => read(client)).not.toThrow('s3cret')
    })
  }
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
