import { join } from 'node:path'
import { show } from '../run.mjs'

/**
 * Builds every package that changed. The compiler knows what is up to date.
 * @param {string} root
 * @returns {Promise<boolean>} false when there were errors
 */
export async function build(root) {
  return (await show(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root })) === 0
}
