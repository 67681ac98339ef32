import { randomInt } from 'node:crypto'
import type { Chain } from '@everyhop/chain'
import { probe, readRunnerFile, RunnerFileError, type Attack, type Progress, type Reported } from '@everyhop/prober'
import { existsSync } from 'node:fs'
import type { Options } from './read-options.js'

type Setting = Pick<Options, 'file' | 'env' | 'only' | 'seed' | 'measure' | 'samples'> & {
  readonly runner: string
  readonly attacks: readonly Attack[]
  readonly signal: AbortSignal
  /** The folder of attacks as it was named, for the command that repeats a finding. */
  readonly folder?: string
}

/** How often revocation is measured where nothing is said. */
const SAMPLES = 20

/** Attacks each chain in turn, with what one runner file holds. */
export async function probeEach(chains: readonly Chain[], setting: Setting): Promise<readonly (Reported & { readonly chain: Chain })[]> {
  const { runner: path, only, seed, signal, attacks } = setting
  if (!existsSync(path)) throw new RunnerFileError(path, 'there is no such file')
  const runner = readRunnerFile(path)
  const reports: (Reported & { readonly chain: Chain })[] = []
  for (const [index, chain] of chains.entries()) {
    const report = await probe({
      chain,
      runner,
      signal,
      attacks,
      command: commandOf(setting, index),
      ...(only === undefined ? {} : { only }),
      seed: seed ?? randomInt(1_000_000_000),
      ...(setting.measure === undefined ? {} : { revocationSamples: setting.samples ?? SAMPLES }),
      ...(process.stderr.isTTY ? { onProgress: showProgress } : {}),
    })
    reports.push({ chain, report })
  }
  return reports
}

/** What a person types to see a finding again. */
function commandOf({ file = ['everyhop.yaml'], env, runner, folder }: Setting, index: number): string {
  const options = [
    ['-f', file[index]],
    ['--env', env],
    ['--runner', runner],
    ['--attacks', folder],
  ].filter(([, value]) => value !== undefined)
  return ['everyhop probe', ...options.map(([name, value]) => `${name} ${quoted(String(value))}`)].join(' ')
}

const quoted = (word: string): string => (/^[\w./~:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

function showProgress({ done, of, attack }: Progress): void {
  process.stderr.write(`\r\u001B[K${done}/${of} ${attack}`)
}
