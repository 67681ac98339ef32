import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createLifecycle, withLifecycle } from './lifecycle.js'
import { createPki } from './pki.js'
import { freePorts } from './ports.js'
import { createRunDir } from './run-dir.js'
import { serve } from './serve.js'

test('what was started last is stopped first, and one failure keeps nothing else running', async () => {
  const life = createLifecycle()
  const stopped: string[] = []
  life.onStop(() => void stopped.push('issuer'))
  life.onStop(() => Promise.reject(new Error('edge')))
  life.onStop(() => void stopped.push('application'))
  await expect(life.stop()).rejects.toThrow('edge')
  expect(stopped).toEqual(['application', 'issuer'])
  await life.stop()
  expect(stopped).toHaveLength(2)
})

test('a run that fails leaves no listener, no directory and no signal handler', async () => {
  const before = process.listenerCount('SIGINT')
  const [port] = await freePorts(1)
  let dir = ''
  const run = withLifecycle(async (life) => {
    dir = await createRunDir(life, { keep: false })
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    await serve(life, (_, response) => response.end(), port!)
    throw new Error('mid-way')
  })
  await expect(run).rejects.toThrow('mid-way')
  expect(existsSync(dir)).toBe(false)
  expect(process.listenerCount('SIGINT')).toBe(before)
  const [refused] = (await once(connect(port!, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException]
  expect(refused.code).toBe('ECONNREFUSED')
})

test('the certificates of a run are issued by its CA, for this machine only, and their keys are private', async () => {
  await withLifecycle(async (life) => {
    const dir = await createRunDir(life, { keep: false })
    const pki = await createPki(dir)
    const ca = new X509Certificate(await readFile(pki.ca))
    const edge = new X509Certificate(await readFile(pki.certificate))
    const client = await pki.client('shop')
    expect(edge.checkIssued(ca) && edge.verify(ca.publicKey)).toBe(true)
    expect(edge.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(edge.checkHost('api.example.com')).toBeUndefined()
    expect(new X509Certificate(await readFile(client.certificate)).verify(ca.publicKey)).toBe(true)
    for (const key of [pki.certificateKey, client.key]) expect(statSync(key).mode & 0o077).toBe(0)
    expect(existsSync(join(dir, 'ca.key'))).toBe(false)
  })
})

test('ports are free and different', async () => {
  expect(new Set(await freePorts(8)).size).toBe(8)
})
