import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readClient, readCommand, type Command, type RunnerClient } from './runner-client.js'
import { isOpenToOthers, RunnerFileError, runnerMembers } from './runner-members.js'

export { RunnerFileError } from './runner-members.js'
export type { RunnerClient } from './runner-client.js'

/** The prober's credentials: its own, not the chain's, and so kept outside the repository. */
export type Runner = {
  /** Ed25519; its thumbprint is what a target's consent names. */
  readonly key: KeyObject
  /** Shared with the canary; absent where the application has none of ours, and answers are told apart by what they look like. */
  readonly canaryKey?: Buffer
  /** PEM of the CA that the chain's certificates come from; absent where the system knows it. */
  readonly ca?: string
  readonly clients: ReadonlyMap<string, RunnerClient>
  readonly witnesses: ReadonlyMap<string, { readonly url: string; readonly secret: string; readonly tagKey: Buffer }>
  /** Test credentials of hops, with which the prober plays a hop that is not honest. */
  readonly hops: ReadonlyMap<string, KeyObject>
  /** Commands that revoke, by what they revoke, where the issuer has no way that the prober knows. */
  readonly revocations?: ReadonlyMap<string, Command>
}

const REVOKED = ['client', 'key', 'grant']

/** Reads a runner file. Throws RunnerFileError, which names the member and never a value. */
export function readRunnerFile(file: string, env: Readonly<Record<string, string | undefined>> = process.env): Runner {
  const members = runnerMembers(file, env)
  const { problem, object, text, key, pem, entries } = members
  const root = object(parse(file, problem), 'the file')
  if (root['version'] !== 1) problem('version must be 1')
  const canaryKey = root['canaryKey'] === undefined ? undefined : Buffer.from(text(root['canaryKey'], 'canaryKey'), 'base64url')
  if (canaryKey && !(canaryKey.length >= 32)) problem('canaryKey must have at least 32 bytes, base64url')

  return {
    key: key(root['key'], 'key'),
    ...(canaryKey ? { canaryKey } : {}),
    ...(root['ca'] === undefined ? {} : { ca: pem(root['ca'], 'ca') }),
    clients: new Map(entries(root['clients'], 'clients').map(([id, client]) => [id, readClient(members, id, client)])),
    witnesses: new Map(
      entries(root['witnesses'], 'witnesses').map(([hop, entry]) => [
        hop,
        {
          url: text(entry['url'], `witnesses.${hop}.url`),
          secret: text(entry['secret'], `witnesses.${hop}.secret`),
          tagKey: Buffer.from(text(entry['tagKey'], `witnesses.${hop}.tagKey`), 'base64url'),
        },
      ]),
    ),
    ...(root['revocations'] === undefined ? {} : { revocations: new Map(commands(root['revocations'])) }),
    hops: new Map(entries(root['hops'], 'hops').map(([hop, entry]) => [hop, key(entry['key'], `hops.${hop}.key`)])),
  }

  function commands(value: unknown): readonly (readonly [string, Command])[] {
    return Object.entries(object(value, 'revocations')).map(([kind, command]) =>
      REVOKED.includes(kind) ? [kind, readCommand(members, command, `revocations.${kind}`)] : problem(`revocations.${kind}: name one of ${REVOKED.join(', ')}`),
    )
  }
}

function parse(file: string, problem: (what: string) => never): unknown {
  try {
    if (isOpenToOthers(file)) problem('others can read it, and it holds keys: chmod 600')
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof RunnerFileError) throw error
    return problem('cannot be read as JSON')
  }
}
