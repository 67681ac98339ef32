import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { capture, show } from '../run.mjs'
import { denyingServices } from './policy-rc.mjs'

/** Debian keeps libraries of Lua by architecture and by version of Lua. */
const LUA = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) => ['5.1', '5.3', '5.4'].map((version) => `/usr/lib/${machine}/lua/${version}`))

/**
 * Servers that chains are tested with, and what they need: the command or the files to look for, the package that brings it.
 * @type {readonly { readonly command?: string; readonly files?: readonly string[]; readonly package: string; readonly about: string }[]}
 */
export const SERVERS = Object.freeze([
  { command: 'nginx', package: 'nginx', about: 'real TLS-terminating hops' },
  { command: 'haproxy', package: 'haproxy', about: 'the same with HAProxy' },
  { command: 'caddy', package: 'caddy', about: 'the same with Caddy' },
  { command: 'apache2', package: 'apache2', about: 'the same with Apache' },
  { files: LUA.map((folder) => join(folder, 'socket/unix.so')), package: 'lua-socket', about: 'what Apache asks the decision service with' },
  { command: 'redis-server', package: 'redis-server', about: 'a replay store that instances share' },
  { command: 'initdb', package: 'postgresql', about: 'the same in a database' },
  { command: 'promtool', package: 'prometheus', about: 'tests of the alert rules' },
  { command: 'chromium', package: 'chromium', about: 'the report as a page, looked at in light and dark' },
])

/** Servers live where the path of an ordinary user does not lead. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/local/bin']

/** Debian keeps each version of Postgres in a folder of its own. */
const POSTGRES = '/usr/lib/postgresql'

/** The newest version first. */
function postgresFolders() {
  if (!existsSync(POSTGRES)) return []
  const versions = readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(POSTGRES, version, 'bin'))
}

/**
 * The search path with the folders of servers at its end.
 * @param {string | undefined} path
 */
export function withServerFolders(path) {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...new Set([...folders, ...SERVER_FOLDERS, ...postgresFolders()])].join(delimiter)
}

/**
 * Where a command is, or undefined.
 * @param {string} command
 */
export function which(command) {
  return withServerFolders(process.env['PATH'])
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(isExecutable)
}

/** @param {(typeof SERVERS)[number]} server */
const isHere = ({ command, files = [] }) => (command === undefined ? files.some((file) => existsSync(file)) : which(command) !== undefined)

/**
 * Installs the servers that are missing, where that is possible and not declined. Never fails: it says what is missing and goes on.
 * @param {(line: string) => void} say
 */
export async function installServers(say) {
  const missing = SERVERS.filter((server) => !isHere(server))
  if (missing.length === 0) return
  const packages = missing.map((server) => server.package)
  const what = missing.map((server) => `${server.command ?? server.package} (${server.about})`).join(', ')
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`

  if (process.env['EVERYHOP_INSTALL'] === '0') return say(`Not installed: ${what}. EVERYHOP_INSTALL=0 declines it; going on without.`)
  if (which('apt-get') === undefined) return say(`Not installed: ${what}. Install it with your package manager; going on without.`)
  if (process.getuid?.() !== 0) return say(`Not installed: ${what}. Install it with: sudo ${byHand}\nGoing on without.`)

  say(`Missing: ${what}. To be installed from the system's package manager; no service is started; EVERYHOP_INSTALL=0 declines:\n  ${byHand}`)
  if (process.stdin.isTTY && !(await isAgreed())) return say('Declined; going on without.')
  if (!(await denyingServices(() => aptInstall(packages)))) say(`The package manager failed; going on without ${what}.`)
}

async function isAgreed() {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question('Install now? [Y/n] ')
  prompt.close()
  return /^(y|yes|)$/i.test(answer.trim())
}

/**
 * Package lists may be missing (fresh images) or name files that the mirror no longer has: both are mended by an update.
 * @param {readonly string[]} packages
 */
async function aptInstall(packages) {
  const { stdout } = await capture('apt-cache', ['policy', ...packages])
  const isKnown = packages.every((name) => stdout.includes(`${name}:`)) && !stdout.includes('Candidate: (none)')
  if (!isKnown) await apt('update')
  if (await apt('install', ...packages)) return true
  return isKnown && (await apt('update')) && (await apt('install', ...packages))
}

/** @param {readonly string[]} args */
async function apt(...args) {
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0']
  return (await show('apt-get', [...options, ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })) === 0
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return existsSync(file)
  } catch {
    return false
  }
}
