import { execFile } from 'node:child_process'
import type { Token } from './attack.js'
import type { Command, RunnerClient, TokenSource } from './runner-client.js'
import { IssuerError, tokenOf } from './tokens.js'

/** Somebody may have to log in. */
const TIMEOUT_MS = 120_000
const MAX_BYTES = 65_536

/** What a token command is told: everything that is needed to ask for one, and no secret of the runner file. */
export type Handing = { readonly issuer: string; readonly resource: string; readonly tokenEndpoint: string; readonly proof?: string }

/** Hands in the next token of a client. Rejects with IssuerError where there is none. */
export type HandIn = (client: RunnerClient, source: TokenSource, handing: Handing) => Promise<Token>

/** Each token of a list in turn; of a command a new one each time. */
export function createHandIn(): HandIn {
  const given = new Map<RunnerClient, number>()
  return async (client, source, handing) => {
    const type = client.dpopKey === undefined ? 'Bearer' : 'DPoP'
    if (source.from === 'command') return tokenOf(await runCommand(client, source, handing), type)
    const count = given.get(client) ?? 0
    given.set(client, count + 1)
    return tokenOf(source.tokens[count % source.tokens.length]!, type)
  }
}

type CommandSource = Extract<TokenSource, { from: 'command' }>

/** What it says is never repeated: it is a token, or was meant to be one. */
async function runCommand({ clientId }: RunnerClient, source: CommandSource, handing: Handing): Promise<string> {
  const out = await execute(source, {
    EVERYHOP_CLIENT_ID: clientId,
    EVERYHOP_ISSUER: handing.issuer,
    EVERYHOP_RESOURCE: handing.resource,
    EVERYHOP_TOKEN_ENDPOINT: handing.tokenEndpoint,
    ...(handing.proof === undefined ? {} : { EVERYHOP_DPOP: handing.proof }),
  }).catch((reason: Error) => {
    throw new IssuerError(`the token command of ${clientId} failed (${reason.message})`)
  })
  const token = tokenIn(out)
  if (token === undefined) throw new IssuerError(`the token command of ${clientId} printed no token`)
  return token
}

/** Runs a command of the runner file without a shell, in the folder of that file. Rejects with its end as the message, and nothing that it said. */
export function execute({ command: [file, ...args], folder }: Command, variables: Readonly<Record<string, string>>): Promise<string> {
  const options = { env: { ...process.env, ...variables }, cwd: folder, timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, out) => (error ? reject(new Error(reasonOf(error))) : resolve(out)))
  })
}

const reasonOf = ({ code, killed, signal }: { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown }): string =>
  killed === true ? `no end within ${TIMEOUT_MS / 1000} s` : String(code ?? signal)

/** The token alone, or the answer of a token endpoint. */
function tokenIn(out: string): string | undefined {
  const text = out.trim()
  if (/^[\w.~+/-]+=*$/.test(text)) return text
  try {
    const { access_token: token } = JSON.parse(text) as { readonly access_token?: unknown }
    return typeof token === 'string' && /^[\w.~+/-]+=*$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}
