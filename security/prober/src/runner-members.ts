import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

export class RunnerFileError extends Error {
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`)
    this.name = 'RunnerFileError'
  }
}

export type Raw = Readonly<Record<string, unknown>>

/** Reads values of one file by what they must be. Each throws RunnerFileError, which names the member and never a value. */
export type RunnerMembers = {
  readonly folder: string
  readonly problem: (what: string) => never
  readonly object: (value: unknown, name: string) => Raw
  readonly text: (value: unknown, name: string) => string
  readonly texts: (value: unknown, name: string) => readonly string[]
  readonly entries: (value: unknown, name: string) => readonly (readonly [string, Raw])[]
  readonly entriesOfText: (value: unknown, name: string) => readonly (readonly [string, string])[]
  /** A JWK, or `file:PATH` of one or of a PEM. */
  readonly key: (value: unknown, name: string) => KeyObject
  /** The content of a file that is no secret. */
  readonly pem: (value: unknown, name: string) => string
  /** What `env:NAME` or `file:PATH` leads to. */
  readonly secret: (value: unknown, name: string) => string
}

export function runnerMembers(file: string, env: Readonly<Record<string, string | undefined>>): RunnerMembers {
  const folder = dirname(resolve(file))
  const problem = (what: string): never => {
    throw new RunnerFileError(file, what)
  }
  const object = (value: unknown, name: string): Raw =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : problem(`${name} must be an object`)
  const text = (value: unknown, name: string): string => (typeof value === 'string' && value !== '' ? value : problem(`${name} must be text`))
  const texts = (value: unknown, name: string): readonly string[] =>
    Array.isArray(value) ? value.map((item: unknown, index) => text(item, `${name}.${index}`)) : problem(`${name} must be a list`)
  const read = (path: string, name: string): string => {
    try {
      return readFileSync(resolve(folder, path), 'utf8')
    } catch {
      return problem(`${name} must name a readable file`)
    }
  }
  const readSecret = (path: string, name: string): string => {
    const content = read(path, name)
    return isOpenToOthers(resolve(folder, path)) ? problem(`${name}: others can read that file, and it holds a secret: chmod 600`) : content
  }
  return {
    folder,
    problem,
    object,
    text,
    texts,
    entries: (value, name) => (value === undefined ? [] : Object.entries(object(value, name)).map(([id, entry]) => [id, object(entry, `${name}.${id}`)])),
    entriesOfText: (value, name) =>
      Object.entries(object(value, name)).map(([id, entry]) => [id, typeof entry === 'string' ? entry : problem(`${name}.${id} must be text`)]),
    key(value, name) {
      try {
        if (typeof value !== 'string') return createPrivateKey({ key: object(value, name) as never, format: 'jwk' })
        const content = value.startsWith('file:') ? readSecret(value.slice('file:'.length), name) : problem(`${name} must be a JWK or file:PATH`)
        return content.trimStart().startsWith('{') ? createPrivateKey({ key: JSON.parse(content) as never, format: 'jwk' }) : createPrivateKey(content)
      } catch (error) {
        if (error instanceof RunnerFileError) throw error
        return problem(`${name} must be a private key: a JWK, or file:PATH of a JWK or PEM without a passphrase`)
      }
    },
    pem: (value, name) => read(text(value, name), name),
    secret(value, name) {
      const [kind, ...rest] = text(value, name).split(':')
      const named = rest.join(':')
      const found = kind === 'env' ? env[named] : kind === 'file' ? readSecret(named, name).trim() : problem(`${name} must be env:NAME or file:PATH`)
      return found === undefined || found === '' ? problem(`${name}: ${kind}:${named} is empty or not set`) : found
    },
  }
}

export const isOpenToOthers = (file: string): boolean => (statSync(file).mode & 0o077) !== 0
