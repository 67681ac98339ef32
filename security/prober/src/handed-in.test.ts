import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startChain } from './chain.testkit.js'
import { createHandIn } from './handed-in.js'
import { probe, type Runner } from './index.js'
import type { RunnerClient, TokenSource } from './runner-client.js'

const folder = mkdtempSync(join(tmpdir(), 'everyhop-handed-'))
afterAll(() => rmSync(folder, { recursive: true }))
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const HANDING = { issuer: 'https://id.example', resource: 'https://api.example', tokenEndpoint: 'https://id.example/token', proof: 'the.proof.here' }
const client: RunnerClient = { clientId: 'canary-a', origins: new Set() }

function script(name: string, body: string): TokenSource {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
  chmodSync(join(folder, name), 0o700)
  return { from: 'command', command: [`./${name}`, 'argument'], folder }
}

describe('a command hands in a token', () => {
  for (const [what, body, expected] of [
    ['alone on a line', 'echo a.b.c', 'a.b.c'],
    ['as a token endpoint answers', `echo '{"access_token":"opaque+/==","token_type":"DPoP"}'`, 'opaque+/=='],
    ['with what it is told', 'echo "$1.$EVERYHOP_CLIENT_ID.$EVERYHOP_DPOP"', 'argument.canary-a.the.proof.here'],
  ] as const) {
    test(what, async () => {
      expect((await createHandIn()(client, script('ok', body), HANDING)).value).toBe(expected)
    })
  }

  for (const [what, body, says] of [
    ['no token', 'echo no token today', 'the token command of canary-a printed no token'],
    ['an end that is none', 'echo a.b.c; exit 7', 'the token command of canary-a failed (7)'],
    ['a secret beside', 'echo "s3cret is wrong" >&2; exit 1', 'the token command of canary-a failed (1)'],
  ] as const) {
    test(`and what it says else is not repeated: ${what}`, async () => {
      await expect(createHandIn()(client, script('bad', body), HANDING)).rejects.toThrow(new RegExp(`^${says.replace(/[()]/g, '\\$&')}$`))
    })
  }

  test('or is not there', async () => {
    const source: TokenSource = { from: 'command', command: [join(folder, 'none')], folder }
    await expect(createHandIn()(client, source, HANDING)).rejects.toThrow('failed (ENOENT)')
  })
})

test('tokens of a list are used in turn', async () => {
  const handIn = createHandIn()
  const source: TokenSource = { from: 'list', tokens: ['one', 'two'] }
  const values = []
  for (let call = 0; call < 3; call++) values.push((await handIn(client, source, HANDING)).value)
  expect(values).toEqual(['one', 'two', 'one'])
})

describe('a run with tokens that are handed in', () => {
  async function run(sourceOf: (id: string) => TokenSource) {
    const { chain, runner, issued, revoked } = await startChain(closers, { edge: () => undefined, application: () => undefined })
    const clients: Runner['clients'] = new Map(
      [...runner.clients].map(
        ([id, { clientId, dpopKey, origins }]) => [id, { clientId, ...(dpopKey && { dpopKey }), origins, handedIn: sourceOf(id) }] as const,
      ),
    )
    const report = await probe({ chain, runner: { ...runner, clients }, only: ['TOK-01', 'ISS-01', 'REV-01'] })
    return { report, issued, revoked }
  }
  const token = (id: string, n: number) =>
    ['{"alg":"none"}', JSON.stringify({ client_id: id, n })].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.eA'

  test('asks the issuer for none and gives none back, and says what it therefore cannot try', async () => {
    const { report, issued, revoked } = await run((id) => ({ from: 'list', tokens: [token(id, 1), token(id, 2)] }))
    expect([issued.size, revoked.size]).toEqual([0, 0])
    expect(report.attacks.map(({ attack, outcome }) => [attack, outcome])).toEqual([
      ['TOK-01', 'breached'],
      ['ISS-01', 'not-applicable'],
      ['REV-01', 'not-applicable'],
    ])
    expect(JSON.stringify(report)).not.toContain(token('canary-a', 1))
  })

  test('needs two of the victim', async () => {
    await expect(run((id) => ({ from: 'list', tokens: [token(id, 1)] }))).rejects.toThrow('need a second one')
  })
})
