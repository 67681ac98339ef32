import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readClientsFile, readKeyFile } from './index.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-issuer-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(content: unknown, mode = 0o600): Promise<string> {
  const path = join(folder, `${Math.random()}.json`)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  await chmod(path, mode)
  return path
}

test('a key file that others may read is refused', async () => {
  const keys = [{ kty: 'OKP' }]
  expect(await readKeyFile(await file({ keys }))).toEqual(keys)
  await expect(readKeyFile(await file({ keys }, 0o640))).rejects.toMatchObject({ code: 'config.key-file-mode' })
  await expect(readKeyFile(await file({ keys: [] }))).rejects.toMatchObject({ code: 'config.key-file' })
  await expect(readKeyFile(await file('{"keys":[{}],"keys":[{}]}'))).rejects.toMatchObject({ code: 'config.json' })
})

test('each client has exactly one way to authenticate', async () => {
  const jwks = { keys: [{ kty: 'EC' }] }
  expect(await readClientsFile(await file({ a: { jwks }, b: { subject: 'CN=b', scopes: ['x'] }, c: { certificate: 'PEM' } }))).toEqual([
    { clientId: 'a', scopes: [], jwks },
    { clientId: 'b', scopes: ['x'], subject: 'CN=b' },
    { clientId: 'c', scopes: [], certificate: 'PEM' },
  ])
  for (const entry of [{}, { jwks, subject: 'CN=a' }, { jwks: {} }, { subject: 1 }, { jwks, scopes: 'x' }, { jwks, secret: 'x' }, null]) {
    await expect(readClientsFile(await file({ a: entry }))).rejects.toMatchObject({ code: 'config.clients-file' })
  }
})

test('an operator may revoke all; whoever is registered with another word is refused', async () => {
  const subject = 'CN=ops'
  expect(await readClientsFile(await file({ ops: { subject, revokes: 'all' }, shop: { subject, revokes: 'own' } }))).toEqual([
    { clientId: 'ops', scopes: [], subject, revokes: 'all' },
    { clientId: 'shop', scopes: [], subject },
  ])
  for (const revokes of ['none', true, ['all']]) {
    await expect(readClientsFile(await file({ ops: { subject, revokes } }))).rejects.toMatchObject({ code: 'config.clients-file' })
  }
})
