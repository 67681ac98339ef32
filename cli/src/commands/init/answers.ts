import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const GATEWAYS = ['none', 'nginx', 'haproxy', 'caddy', 'apache', 'traefik', 'envoy', 'other'] as const
export type Gateway = (typeof GATEWAYS)[number]

export type Flags = {
  readonly url?: string
  readonly issuer?: string
  readonly client?: string
  readonly secret?: string
  readonly key?: string
  readonly certificate?: string
  readonly certificateKey?: string
  readonly tokenCommand?: string
  readonly secondClient?: string
  readonly secondSecret?: string
  readonly secondKey?: string
  readonly scope?: string
  readonly gateway?: Gateway
  readonly ca?: string
  readonly chain?: string
  readonly file: string
  readonly runner?: string
}

/** What is known before anything is asked of the network. */
export type Answers = Flags & { readonly url: string; readonly client: string; readonly chain: string; readonly runner: string }

type Ask = (question: string) => Promise<string>

/** Where people answer; no questions are asked of what is no terminal. */
export type Terminal = { readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }; readonly output: NodeJS.WritableStream }
const OWN_TERMINAL: Terminal = { input: process.stdin, output: process.stderr }

/** Flags, and questions for what they lack where there is a terminal. A sentence where it cannot go on. */
export async function answersOf(flags: Flags, terminal: Terminal = OWN_TERMINAL): Promise<Answers | string> {
  const isWhole = flags.url !== undefined && flags.client !== undefined && hasCredential(flags)
  const all = isWhole || terminal.input.isTTY !== true ? flags : await asked(flags, terminal)
  if (all.url === undefined) return '--url is missing: a resource that a token of the client opens'
  if (!isWeb(all.url)) return '--url must be a URL with https, or with http on this machine'
  if (all.client === undefined) return '--client is missing: the client_id that the prober uses'
  if (!hasCredential(all)) return 'say how the client gets tokens: --secret env:NAME, --key FILE, --certificate with --certificate-key, or --token-command FILE'
  if (all.secret !== undefined && !/^(?:env|file):./.test(all.secret))
    return '--secret says where the secret lies, and is not the secret: env:NAME or file:PATH'
  if (all.secret !== undefined && all.key !== undefined) return 'the client authenticates by --secret or by --key: leave one out'
  if ((all.secondClient !== undefined) !== ((all.secondSecret ?? all.secondKey) !== undefined))
    return '--second-client goes with --second-secret or --second-key'
  if (all.secondClient === all.client) return '--second-client is the same client: leave it out'
  if ((all.certificate === undefined) !== (all.certificateKey === undefined)) return '--certificate and --certificate-key go together'
  const chain = all.chain ?? nameOf(all.url)
  if (!/^[a-z][a-z0-9-]{0,47}$/.test(chain)) return '--chain must be lower case letters, digits and hyphens, a letter first'
  const runner = resolve(all.runner ?? join(homedir(), '.everyhop', `${chain}.json`))
  const taken = [all.file, runner].find((file) => existsSync(file))
  if (taken !== undefined) return `${taken} is there already, and is not overwritten`
  const repository = repositoryOf(dirname(runner))
  if (repository !== undefined) return `${runner} would lie in the repository ${repository}, where keys do not belong: --runner FILE`
  return { ...all, url: all.url, client: all.client, chain, runner }
}

const hasCredential = ({ secret, key, certificate, tokenCommand }: Flags): boolean => [secret, key, certificate, tokenCommand].some((one) => one !== undefined)

function isWeb(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, search, hash } = new URL(url)
  const isOwn = /^(?:127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  return username === '' && search === '' && hash === '' && (protocol === 'https:' || (protocol === 'http:' && isOwn))
}

/** `api.example.com` is called `api`; an address `chain`. */
const nameOf = (url: string): string => {
  const [first = ''] = new URL(url).hostname.toLowerCase().split('.')
  return /^[a-z][a-z0-9-]{0,47}$/.test(first) ? first : 'chain'
}

/** The folder above that Git knows; its working tree may be pushed. */
function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : repositoryOf(above)
}

async function asked(flags: Flags, { input, output }: Terminal): Promise<Flags> {
  const lines = createInterface({ input, terminal: false })
  // By lines, so that several that are pasted at once answer several questions; an end of the input answers none.
  const answers = lines[Symbol.asyncIterator]()
  const ask: Ask = async (question) => {
    output.write(`${question}: `)
    const answer = await answers.next()
    return answer.done === true ? '' : answer.value.trim()
  }
  try {
    const url = flags.url ?? (await ask('URL of a resource that a token opens'))
    const issuer = flags.issuer ?? (await ask('URL of the issuer (empty: the resource names it)'))
    const client = flags.client ?? (await ask('client_id that the prober uses'))
    const credential = hasCredential(flags) ? {} : await askCredential(ask)
    const gateway = flags.gateway ?? (await ask(`What stands before the application: ${GATEWAYS.join(', ')} (empty: as it says itself)`))
    return {
      ...flags,
      ...credential,
      ...(url === '' ? {} : { url }),
      ...(client === '' ? {} : { client }),
      ...(issuer === '' ? {} : { issuer }),
      ...(GATEWAYS.includes(gateway as Gateway) ? { gateway: gateway as Gateway } : {}),
    }
  } finally {
    lines.close()
  }
}

async function askCredential(ask: Ask): Promise<Partial<Flags>> {
  const given = await ask('Where its secret lies, env:NAME or file:PATH; or the file of its private key; or a program that prints tokens, as command:PATH')
  if (/^(?:env|file):/.test(given)) return { secret: given }
  if (given.startsWith('command:')) return { tokenCommand: given.slice('command:'.length) }
  return given === '' ? {} : { key: given }
}
