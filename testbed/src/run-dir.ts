import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lifecycle } from './lifecycle.js'

/** A directory for one run (mode 0700), removed at its end unless it is to be kept. Short, since sockets lie in it. */
export async function createRunDir(life: Lifecycle, { keep }: { readonly keep: boolean }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'eh-'))
  if (!keep) life.onStop(() => rm(dir, { recursive: true, force: true }))
  return dir
}
