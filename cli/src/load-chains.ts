import type { Chain } from '@everyhop/chain'
import { loadManifest, type Loaded } from '@everyhop/manifest'
import { BAD_USAGE } from './exit-code.js'
import { renderProblems } from './print-problems.js'

export type ManifestOptions = { readonly file?: readonly string[]; readonly env?: string }

/** What `-f` may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Reads each manifest that the options name, `everyhop.yaml` by default. */
export async function loadEach({ file = ['everyhop.yaml'], env }: ManifestOptions): Promise<readonly { readonly file: string; readonly loaded: Loaded }[]> {
  const results: { file: string; loaded: Loaded }[] = []
  for (const name of file) results.push({ file: name, loaded: await loadManifest(name, env === undefined ? {} : { environment: env }) })
  return results
}

/** The chains, or undefined after the problems of all manifests went to standard error with exit status 3. */
export async function loadChains(options: ManifestOptions): Promise<readonly Chain[] | undefined> {
  const results = await loadEach(options)
  const problems = results.flatMap(({ loaded }) => (loaded.ok ? [] : loaded.problems))
  if (problems.length > 0) {
    process.stderr.write(renderProblems(problems))
    process.exitCode = BAD_USAGE
    return undefined
  }
  return results.flatMap(({ loaded }) => (loaded.ok ? [loaded.chain] : []))
}
