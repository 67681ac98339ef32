import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a script of this folder in a process of its own, with `--expose-gc`, and resolves with what it sends; memory and CPU are then its alone.
 * @param {string} script
 * @param {readonly string[]} args
 * @returns {Promise<any>}
 */
export function runAlone(script, args) {
  return new Promise((resolve, reject) => {
    const child = start(script, args)
    child.once('message', resolve)
    child.once('error', reject)
    child.once('exit', (status) => reject(new Error(`${script} ended with ${status}`)))
  })
}

/** @param {string} script
 * @param {readonly string[]} args */
export const start = (script, args) =>
  fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: ['--expose-gc', '--max-old-space-size=8192'], stdio: ['ignore', 2, 2, 'ipc'] })
