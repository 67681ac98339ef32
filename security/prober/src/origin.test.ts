import { expect, test } from 'vitest'
import { pinOrigin } from './origin.js'

test('only a literal loopback address is this machine', async () => {
  for (const url of ['http://127.0.0.1:80', 'https://127.8.9.1', 'http://[::1]:8080']) {
    expect((await pinOrigin(url)).isLoopback).toBe(true)
  }
  expect(await pinOrigin('https://api.example/x', async () => '127.0.0.1')).toMatchObject({
    origin: 'https://api.example',
    address: '127.0.0.1',
    port: 443,
    servername: 'api.example',
    isLoopback: false,
  })
})

for (const address of ['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', '0.0.0.0', '::', 'fd00:ec2::254']) {
  test(`a name that leads to ${address} is refused`, async () => {
    await expect(pinOrigin('https://api.example', async () => address)).rejects.toThrow(TypeError)
  })
}

test('a literal link-local address is refused, too, and so is another scheme', async () => {
  await expect(pinOrigin('http://169.254.169.254/latest')).rejects.toThrow(TypeError)
  await expect(pinOrigin('ftp://127.0.0.1')).rejects.toThrow(TypeError)
})
