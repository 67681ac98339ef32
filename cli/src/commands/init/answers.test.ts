import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answersOf, type Flags, type Terminal } from './answers.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everyhop-answers-'))
})
afterAll(() => rm(dir, { recursive: true }))

const ask = (text: string, flags: Partial<Flags> = {}, isTTY = true) => {
  const input = Object.assign(new PassThrough(), { isTTY })
  const output = new PassThrough()
  input.end(text)
  const terminal: Terminal = { input, output }
  return { answers: answersOf({ file: join(dir, 'everyhop.yaml'), runner: join(dir, 'runner.json'), ...flags }, terminal), output }
}

const URL_LINE = 'https://api.example.com/orders/1\n'

test('questions are answered by lines, also by those that are pasted at once', async () => {
  const { answers, output } = ask(`${URL_LINE}https://id.example.com\nprobe\nenv:SECRET\nnginx\n`)
  expect(await answers).toMatchObject({
    url: 'https://api.example.com/orders/1',
    issuer: 'https://id.example.com',
    client: 'probe',
    secret: 'env:SECRET',
    gateway: 'nginx',
    chain: 'api',
  })
  expect(String(output.read())).toContain('URL of a resource')
})

test('what flags say is not asked', async () => {
  const { answers } = ask('\ncommand:./login\n\n', { url: URL_LINE.trim(), client: 'probe' })
  expect(await answers).toMatchObject({ url: URL_LINE.trim(), client: 'probe', tokenCommand: './login' })
})

for (const [what, text, says] of [
  ['an end of the input', '', '--url is missing'],
  ['an end halfway', `${URL_LINE}\nprobe\n`, 'say how the client gets tokens'],
] as const) {
  test(`${what} is told in a sentence`, async () => expect(await ask(text).answers).toContain(says))
}

test('where there is no terminal nothing is asked', async () => {
  expect(await ask(URL_LINE, {}, false).answers).toContain('--url is missing')
})
