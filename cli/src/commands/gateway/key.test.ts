import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPublicKeyFile, readSigningKeyFile } from '@everyhop/gateway'
import { afterAll, beforeAll, expect, test } from 'vitest'

const BIN = fileURLToPath(new URL('../../../bin/everyhop.js', import.meta.url))
let dir: string
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'eh-key-'))))
afterAll(() => rm(dir, { recursive: true }))

const run = (...args: readonly string[]) =>
  new Promise<{ status: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: dir }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
const states = (out: string): readonly (readonly string[])[] =>
  out
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).slice(0, 3))

test('a key made by "key new" is rotated and revoked; its public file is what the manifest needs', async () => {
  const [kid = ''] = (await run('key', 'new', '--out', 'edge', '--alg', 'ES256')).out.trim().split('\n')
  expect(states((await run('gateway', 'key', 'list', '--key', 'edge')).out)).toEqual([[kid, 'ES256', 'signs']])
  expect((await run('gateway', 'key', 'revoke', '--key', 'edge', '--kid', kid)).err).toContain('rotate first')

  const rotated = await run('gateway', 'key', 'rotate', '--key', 'edge', '--after', '10m', '--alg', 'EdDSA')
  const [[, , first] = [], [other = '', alg, second] = []] = states(rotated.out)
  expect([rotated.status, first, alg, second]).toEqual([0, 'signs', 'EdDSA', 'waits'])
  expect((await stat(join(dir, 'edge'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(dir, 'edge.pub.json'), 'utf8')).not.toMatch(/"d":|nbf/)
  const keys = await readSigningKeyFile(join(dir, 'edge'))
  expect(keys.map(({ key, from = 0 }) => [key.type, from > Date.now() / 1000])).toEqual([
    ['private', false],
    ['private', true],
  ])

  const revoked = await run('gateway', 'key', 'revoke', '--key', 'edge', '--kid', kid)
  expect([revoked.status, states(revoked.out), revoked.err]).toEqual([0, [[other, 'EdDSA', 'signs']], expect.stringContaining('SIGHUP')])
  await expect(readPublicKeyFile(join(dir, 'edge'))).rejects.toMatchObject({ code: 'config.key-file' })
})

test('what is no key file, and what is no duration, is said', async () => {
  expect(await run('gateway', 'key', 'list', '--key', 'nowhere')).toMatchObject({ status: 3, err: expect.stringContaining('no such file') as string })
  expect(await run('gateway', 'key', 'rotate', '--key', 'edge', '--after', 'soon')).toMatchObject({ status: 3 })
})
