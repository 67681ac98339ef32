import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadManifest } from '@everyhop/manifest'
import { readRunnerFile, type Discovered, type FirstToken } from '@everyhop/prober'
import { createKeyPair } from '@everyhop/proof'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from './answers.js'
import { draftManifest } from './draft-manifest.js'
import { draftRunner } from './draft-runner.js'
import { factsOf } from './facts.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everyhop-drafts-'))
  await writeFile(join(dir, 'key.pem'), createKeyPair('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
})
afterAll(() => rm(dir, { recursive: true }))

const ANSWERS: Answers = {
  url: 'https://api.example.com/orders/1',
  issuer: 'https://id.example.com',
  client: 'probe',
  chain: 'api',
  file: 'everyhop.yaml',
  runner: '/nowhere/api.json',
}
const FOUND: Discovered = { notes: [], issuer: { url: 'https://id.example.com', metadata: { introspection_endpoint: 'https://id.example.com/introspect' } } }
const TOKEN: FirstToken = { header: { alg: 'PS256', typ: 'at+jwt' }, claims: { aud: 'https://api.example.com', iat: 0, exp: 90_000, cnf: { jkt: 'x' } } }

async function chainOf(answers: Partial<Answers>, found: Discovered = FOUND, token?: FirstToken) {
  const file = join(dir, 'everyhop.yaml')
  await writeFile(file, draftManifest(factsOf({ ...ANSWERS, ...answers }, found, token)))
  const loaded = await loadManifest(file)
  expect(loaded.ok ? [] : loaded.problems).toEqual([])
  return loaded.ok ? loaded.chain : undefined
}

describe('whatever was found, the manifest is one', () => {
  test('nothing', async () => {
    expect(await chainOf({}, { notes: [] })).toMatchObject({ issuer: { url: 'https://id.example.com' }, probe: { class: 'P1' } })
  })
  test('a token that lives longer than a manifest may say', async () => {
    expect(await chainOf({}, FOUND, TOKEN)).toMatchObject({ policy: { tokenLifetime: 86_400 }, issuer: { tokens: { algs: ['PS256'] } } })
  })
  test('an opaque token, and where it is asked about', async () => {
    expect(await chainOf({}, FOUND, { header: {}, claims: {} })).toMatchObject({ issuer: { introspection: 'https://id.example.com/introspect' } })
  })
  test('no gateway', async () => {
    const chain = await chainOf({ gateway: 'none' })
    expect([...(chain?.hops.keys() ?? [])]).toEqual(['application'])
  })
  test('tokens that are bound to certificates, and two clients', async () => {
    const chain = await chainOf({ secondClient: 'thief' }, FOUND, { ...TOKEN, claims: { cnf: { 'x5t#S256': 'x' } } })
    expect(chain).toMatchObject({ policy: { binding: ['mtls'] }, probe: { clients: ['canary', 'second'] } })
  })
  test('a resource at the root', async () => {
    expect((await chainOf({ url: 'https://api.example.com/' }))?.routes[0]?.pattern).toBe('/**')
  })
  test('text that would be YAML', async () => {
    const nasty = 'a: b # c\n- ]} "\'&*!|>%@`'
    const typed = { header: { alg: 'none', typ: nasty }, claims: { aud: [nasty, 'no'], iat: 0, exp: 60 } }
    const chain = await chainOf({ client: nasty }, FOUND, typed)
    expect([chain?.clients.get('canary')?.clientId, chain?.routes[0]?.audience]).toEqual([nasty.trim(), [nasty.trim(), 'no']])
  })
})

describe('the runner file is one, and holds no secret that was given', () => {
  const read = async (answers: Partial<Answers>) => {
    const all = { ...ANSWERS, ...answers }
    const text = draftRunner({ answers: all, facts: factsOf(all, FOUND, TOKEN), tokenEndpoint: 'https://login.example.com/t', isWithoutResource: false })
    const file = join(dir, `${Math.random()}.json`)
    await writeFile(file, text, { mode: 0o600 })
    return { text, client: readRunnerFile(file, { SECRET: 'hunter2' }).clients.get('canary') }
  }

  test('a secret', async () => {
    const { text, client } = await read({ secret: 'env:SECRET', scope: 'orders' })
    expect(client).toMatchObject({ auth: { by: 'secret', secret: 'hunter2' }, form: { scope: 'orders' } })
    expect(client?.origins).toEqual(new Set(['https://api.example.com', 'https://id.example.com', 'https://login.example.com']))
    expect(text).not.toContain('hunter2')
  })
  test('a key', async () => {
    const { text, client } = await read({ key: join(dir, 'key.pem') })
    expect([client?.auth?.by, text.includes('PRIVATE KEY')]).toEqual(['key', false])
  })
  test('a command', async () => {
    const { client } = await read({ tokenCommand: './login' })
    expect(client).toMatchObject({ handedIn: { from: 'command' } })
  })
  test('a certificate', async () => {
    const { client } = await read({ certificate: join(dir, 'key.pem'), certificateKey: join(dir, 'key.pem') })
    expect(client?.auth).toEqual({ by: 'certificate' })
  })
})
