import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { edgeSlice } from '../gateway.testkit.js'
import { gatewayUnit, UNIT_KINDS } from './gateway-unit.js'

const { slice } = edgeSlice()
const SHARED = '/run/everyhop/gateway/decide.sock'
const socketOf = (kind: string): string => (kind === 'systemd' ? '/run/everyhop/decide.sock' : SHARED)
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

for (const kind of UNIT_KINDS) {
  test(`${kind}: it names the hop's slice, key and socket`, () => {
    const { text } = gatewayUnit(kind, slice, { product: 'nginx', socket: socketOf(kind) })
    for (const part of ['--slice=/etc/everyhop/edge.slice', '--key=', `--socket=${socketOf(kind)}`]) expect(text).toContain(part)
    expect(text).not.toContain('--single-instance')
  })
}

test.skipIf(!hasSystemd)('systemd finds nothing to complain of', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'eh-unit-'))
  const { name, text } = gatewayUnit('systemd', slice, { product: 'nginx', socket: socketOf('systemd') })
  const file = join(dir, name)
  await writeFile(file, text)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  await rm(dir, { recursive: true })
  expect([status, stderr.includes(name)]).toEqual([0, false])
})

describe('what would not be private is not written', () => {
  test('a socket at the top of a volume that is shared', () => {
    for (const kind of ['kubernetes', 'compose'] as const) {
      expect(() => gatewayUnit(kind, slice, { product: 'nginx', socket: '/run/everyhop/decide.sock' })).toThrow(/top of a volume/)
    }
  })
  test('a directory that systemd does not make', () => {
    expect(() => gatewayUnit('systemd', slice, { product: 'nginx', socket: SHARED })).toThrow(/directly below/)
  })
})
