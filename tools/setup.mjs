import { pathToFileURL } from 'node:url'
import { ROOT } from './run.mjs'
import { build } from './setup/build.mjs'
import { installPackages } from './setup/packages.mjs'
import { installServers, withServerFolders } from './setup/servers.mjs'

/**
 * Makes a checkout ready: Node, npm packages, build, servers. Does only what is missing, and tells on stderr.
 * Runs before `node_modules` exists, so it and all that it imports use nothing but Node.
 * @returns {Promise<'ready' | 'unbuilt' | 'failed'>} `unbuilt` when the sources have errors; `failed` when nothing can run
 */
export async function setUp() {
  if (!isNodeNewEnough(process.versions.node)) {
    say(`Everyhop needs Node 20.19 or newer; this is ${process.versions.node}.`)
    return 'failed'
  }
  if (!(await installPackages(ROOT, say))) return 'failed'
  const isBuilt = await build(ROOT)
  await installServers(say)
  process.env['PATH'] = withServerFolders(process.env['PATH'])
  return isBuilt ? 'ready' : 'unbuilt'
}

/** @param {string} version */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 20 || (major === 20 && minor >= 19)
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = (await setUp()) === 'ready' ? 0 : 1
