import { join } from 'node:path'
import { capture, ROOT } from '../run.mjs'

/**
 * Runs a tool of node_modules and returns what it says as the problem, unless it is content.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<readonly string[]>}
 */
export async function complaintsOf(name, args, options) {
  const { status, output } = await capture(join(ROOT, 'node_modules/.bin', name), args, options)
  return status === 0 ? [] : [output.trim() === '' ? `${name} ended with ${status}` : output]
}
