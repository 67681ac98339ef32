import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { denyingServices } from './policy-rc.mjs'

let folder = ''
let policy = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'everyhop-policy-'))
  policy = join(folder, 'policy-rc.d')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Its exit status: 101 denies. */
function ask() {
  try {
    execFileSync(policy)
    return 0
  } catch (error) {
    return error.status
  }
}

test('services are denied meanwhile, and nothing is left behind', async () => {
  await denyingServices(async () => expect(ask()).toBe(101), policy)
  expect(existsSync(policy)).toBe(false)
})

test('a policy that was there comes back as it was, also after a failure', async () => {
  writeFileSync(policy, '#!/bin/sh\nexit 0\n')
  chmodSync(policy, 0o751)
  const before = statSync(policy)
  await expect(denyingServices(() => Promise.reject(new Error('apt')), policy)).rejects.toThrow('apt')
  const after = statSync(policy)
  expect([after.ino, after.mode, after.mtimeMs]).toEqual([before.ino, before.mode, before.mtimeMs])
})

test('what a killed run left behind is mended by the next', async () => {
  writeFileSync(policy, '#!/bin/sh\nexit 0\n')
  void denyingServices(() => new Promise(() => {}), policy)
  await denyingServices(async () => expect(ask()).toBe(101), policy)
  expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n')
})

test('a killed run that found no policy leaves none after the next', async () => {
  void denyingServices(() => new Promise(() => {}), policy)
  await denyingServices(async () => {}, policy)
  expect(existsSync(policy)).toBe(false)
})
