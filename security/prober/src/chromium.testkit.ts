import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { TestContext } from 'vitest'

/** Where the browser is; undefined on a machine without it. */
function chromium(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  return folders.map((folder) => join(folder, 'chromium')).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A machine of a person may lack Chromium; the one that decides about a change may not. */
export function needsChromium({ skip }: TestContext): void {
  if (chromium() !== undefined) return
  if (process.env['CI'] === 'true') throw new Error('chromium is not installed, and CI must have it')
  skip('chromium is not installed')
}

/** What a browser made of a page. */
export type Look = {
  /** Addresses that it asked for, other than the page itself. */
  readonly requests: readonly string[]
  /** What its console and its log say: errors, and violations of the page's own policy. */
  readonly problems: readonly string[]
  /** The colour of the ground, as computed. */
  readonly ground: string
  /** Elements by name: how many of each there are. */
  readonly elements: Readonly<Record<string, number>>
  readonly isWider: boolean
  /** PNG of the whole page. */
  readonly picture: Buffer
  /** Pages of paper. */
  readonly pages: number
}

export type LookOptions = { readonly scheme: 'light' | 'dark'; readonly width?: number }

/** Opens pages in a Chromium of its own, spoken to over pipes, with no port that others could use. */
export async function withChromium<Result>(look: (open: (html: string, options: LookOptions) => Promise<Look>) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-chromium-'))
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe', `--user-data-dir=${join(folder, 'profile')}`]
  const browser = spawn(chromium()!, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true })
  const gone = new Promise<void>((resolve) => void browser.once('exit', () => resolve()))
  try {
    const pipe = createPipe(browser.stdio[3] as Writable, browser.stdio[4] as Readable)
    return await look((html, options) => open(pipe, folder, html, options))
  } finally {
    // The group: it starts processes of its own.
    process.kill(-browser.pid!, 'SIGKILL')
    await gone
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

type Message = {
  readonly id?: number
  readonly method?: string
  readonly params?: never
  readonly result?: never
  readonly error?: { readonly message: string }
}
type Pipe = {
  readonly call: <Result>(method: string, params?: object, session?: string) => Promise<Result>
  readonly listen: (heard: (method: string, params: { readonly request?: { readonly url: string } }) => void) => void
}

/** The DevTools protocol: JSON messages, each ended by a zero byte. */
function createPipe(input: Writable, output: Readable): Pipe {
  const waiting = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>()
  const listeners: ((method: string, params: object) => void)[] = []
  let [buffered, count] = ['', 0]
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (buffered + chunk).split('\0')
    buffered = messages.pop() ?? ''
    for (const text of messages) {
      const { id, method, params, result, error } = JSON.parse(text) as Message
      const call = id === undefined ? undefined : waiting.get(id)
      if (error) call?.reject(new Error(error.message))
      else call?.resolve(result!)
      if (method !== undefined) for (const heard of listeners) heard(method, params!)
    }
  })
  return {
    listen: (heard) => void listeners.push(heard),
    call: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++count
        waiting.set(id, { resolve: resolve as never, reject })
        input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
      }),
  }
}

async function open({ call, listen }: Pipe, folder: string, html: string, { scheme, width = 1100 }: LookOptions): Promise<Look> {
  const file = join(folder, `page-${scheme}-${width}.html`)
  await writeFile(file, html)
  const url = pathToFileURL(file).href
  const { targetId } = await call<{ readonly targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await call<{ readonly sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const [requests, problems]: [string[], string[]] = [[], []]
  const loaded = new Promise<void>((resolve) => {
    listen((method, params) => {
      if (method === 'Page.loadEventFired') resolve()
      if (method === 'Network.requestWillBeSent') requests.push(params.request?.url ?? '')
      if (method === 'Runtime.exceptionThrown' || method === 'Runtime.consoleAPICalled' || method === 'Log.entryAdded') problems.push(JSON.stringify(params))
    })
  })
  const page = <Result>(method: string, params: object = {}): Promise<Result> => call<Result>(method, params, sessionId)
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page(`${domain}.enable`)
  await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
  await page('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false })
  await page('Page.navigate', { url })
  await loaded
  const { result } = await page<{ readonly result: { readonly value: Inspected } }>('Runtime.evaluate', { expression: INSPECT, returnByValue: true })
  const { data: picture } = await page<{ readonly data: string }>('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true })
  const { data: paper } = await page<{ readonly data: string }>('Page.printToPDF')
  await call('Target.closeTarget', { targetId })
  return {
    ...result.value,
    requests: requests.filter((one) => one !== url),
    problems,
    picture: Buffer.from(picture, 'base64'),
    pages:
      Buffer.from(paper, 'base64')
        .toString('latin1')
        .match(/\/Type\s*\/Page\b/g)?.length ?? 0,
  }
}

type Inspected = Pick<Look, 'elements' | 'ground' | 'isWider'>

const INSPECT = `(() => {
  const elements = {}
  for (const { localName } of document.querySelectorAll('*')) elements[localName] = (elements[localName] ?? 0) + 1
  return { elements, ground: getComputedStyle(document.body).backgroundColor, isWider: document.documentElement.scrollWidth > innerWidth }
})()`
