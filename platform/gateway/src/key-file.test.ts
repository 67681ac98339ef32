import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receipt } from '@everyhop/proof'
import { expect, test } from 'vitest'
import { readEscapedPem } from './certificate.js'
import { certificates, KEYS } from './gateway.testkit.js'
import { readPrivateKeyFile, readPublicKeyFile } from './key-file.js'
import { receiptFile } from './receipt-file.js'

test('a private key that others can read is refused, and no message quotes it', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'eh-key-')), 'edge.json')
  const jwk = KEYS.edge.privateKey.export({ format: 'jwk' })
  await writeFile(path, JSON.stringify(jwk), { mode: 0o600 })
  expect((await readPrivateKeyFile(path)).type).toBe('private')
  await chmod(path, 0o644)
  await expect(readPrivateKeyFile(path)).rejects.toMatchObject({ code: 'config.key-mode' })
  await writeFile(path, `${JSON.stringify(jwk)}x`)
  await expect(readPublicKeyFile(path)).rejects.toSatisfy((error: Error) => !error.message.includes(jwk.d!) && !error.message.includes(jwk.x!))
})

test('receipts become lines; those of a file that cannot be written are counted', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'eh-rc-')), 'receipts.jsonl')
  const receipt = { schema: 'everyhop.receipt/1', time: 1, hop: 'edge' } as Receipt
  const file = receiptFile(path)
  file.append(receipt)
  file.append(receipt)
  await file.close()
  expect(
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([receipt, receipt])
  const nowhere = receiptFile('/nonexistent/receipts')
  await new Promise((resolve) => setTimeout(resolve, 20))
  nowhere.append(receipt)
  expect(nowhere.dropped()).toBeGreaterThan(0)
})

test('one certificate, one spelling', async () => {
  const { client, server } = await certificates()
  const escaped = encodeURIComponent(client.cert.trim() + '\n')
  expect(readEscapedPem(escaped)?.equals(client.der)).toBe(true)
  const pem = (der: Buffer) =>
    encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`)
  expect(readEscapedPem(pem(client.der))?.equals(client.der)).toBe(true)
  for (const bad of [
    '',
    'x',
    escaped + escaped,
    `${escaped}x`,
    encodeURIComponent(client.cert + server.cert),
    pem(Buffer.concat([client.der, Buffer.from([0])])),
    pem(Buffer.from('no certificate')),
    `${escaped}%0`,
    ' '.repeat(20_000),
  ]) {
    expect(readEscapedPem(bad)).toBeUndefined()
  }
})
