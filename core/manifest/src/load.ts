import type { Chain } from '@everyhop/chain'
import { compileChain } from './compile-chain.js'
import { Context, type Default, type Names } from './context.js'
import { readConveyances } from './conveyances.js'
import { applyEnvironment } from './environment.js'
import { isRecord, valueAt } from './graft.js'
import { readHopKeys } from './keys.js'
import { inOrder, type Problem } from './problem.js'
import { readFiles } from './read-files.js'
import type { Tree } from './tree.js'
import { validate } from './validate.js'

export type LoadOptions = {
  /** One of the manifest's environments; without it the manifest counts as it stands. */
  readonly environment?: string
  /** Epoch seconds; the machine's clock by default. A manifest that loads now loads at any later time. */
  readonly now?: number
}

export type Loaded =
  | { readonly ok: true; readonly chain: Chain; /** Every default in force. */ readonly defaults: readonly Default[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads one chain: a manifest, and more files that count as if it extended them.
 * All problems are reported at once, each with file, line and column. Reads only these files, those that they extend and the public keys that they name.
 */
export async function loadManifest(files: string | readonly string[], { environment, now = Date.now() / 1_000 }: LoadOptions = {}): Promise<Loaded> {
  const [file = 'everyhop.yaml', ...shared] = typeof files === 'string' ? [files] : files
  const { tree: written, problems } = await readFiles(file, shared)
  if (!isRecord(written.data)) {
    if (problems.length === 0)
      problems.push({ ...written.start, code: 'file.empty', message: 'this is no manifest', hint: 'begin with `version: 1` and `chain: NAME`' })
    return { ok: false, problems: inOrder(problems) }
  }
  const first = validate(written)
  problems.push(...first.problems)
  if (first.manifest === undefined) return { ok: false, problems: inOrder(problems) }

  const chosen = environment === undefined ? { tree: written, problems: [] } : applyEnvironment(written, first.manifest, environment)
  problems.push(...chosen.problems)
  const second = environment === undefined ? first : validate(chosen.tree)
  if (second.manifest === undefined) return { ok: false, problems: inOrder(problems) }

  const context = new Context(chosen.tree, second.manifest, { removed: second.removed, declared: declaredNames(written), now })
  const chain = compileChain(context, environment ?? 'default', { keys: await readHopKeys(context), conveyances: await readConveyances(context) })
  const all = inOrder([...problems, ...context.problems])
  return all.length > 0 ? { ok: false, problems: all } : { ok: true, chain, defaults: context.defaults }
}

function declaredNames({ data }: Tree): Readonly<Record<Names, readonly string[]>> {
  const names = (section: Names) => Object.keys((valueAt(data, [section]) as object | undefined | null) ?? {})
  return { teams: names('teams'), issuers: names('issuers'), hops: names('hops'), clients: names('clients'), waivers: names('waivers') }
}
