import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, show } from '../run.mjs'

/**
 * Installs the npm packages of the lock file, unless exactly those are installed.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<boolean>} false when npm failed
 */
export async function installPackages(root, say) {
  if (await isInstalled(root)) return true
  say('Installing npm packages (npm ci)')
  const [command, args] = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  return (await show(command, args, { cwd: root })) === 0
}

/**
 * npm writes down what it installed, last of all: an interrupted install leaves no such file.
 * @param {string} root
 */
async function isInstalled(root) {
  const [wanted, found] = await Promise.all([readLock(join(root, 'package-lock.json')), readLock(join(root, 'node_modules/.package-lock.json'))])
  if (wanted === undefined || found === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional === true || isSame(entry, found[path]))
}

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, dependencies?: Record<string, string> }} Entry
 * @param {Entry} wanted
 * @param {Entry | undefined} found
 */
function isSame(wanted, found) {
  return found !== undefined && wanted.version === found.version && wanted.integrity === found.integrity && wanted.link === found.link
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, Entry> | undefined>}
 */
async function readLock(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages
  } catch {
    return undefined
  }
}
