import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { capture, ROOT } from './run.mjs'

/**
 * What a commit would hold: tracked files and new ones that are not ignored, as paths from the root.
 * @returns {Promise<readonly string[]>}
 */
export async function treeFiles() {
  const { status, stdout, output } = await capture('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  if (status !== 0) throw new Error(`git ls-files: ${output}`)
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)))
}
