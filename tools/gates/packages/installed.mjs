import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capture, npm, ROOT } from '../../run.mjs'

/** @typedef {{ name: string, folder: string, subpaths: readonly string[], isPrivate: boolean }} Package */
/** @typedef {{ name: string, file: string, unpackedSize: number }} Packed */

/** @returns {Promise<readonly Package[]>} */
export async function workspaces() {
  const { stdout } = await run(npm(['query', '.workspace']), ROOT)
  /** @type {{ name: string, location: string }[]} */
  const found = JSON.parse(stdout)
  return Promise.all(
    found.map(async ({ name, location }) => {
      const manifest = await readManifest(join(ROOT, location))
      const subpaths = Object.keys(manifest.exports ?? {}).map((path) => name + path.slice(1))
      return { name, folder: location, subpaths, isPrivate: manifest['private'] === true }
    }),
  )
}

/**
 * Packs as npm does for the registry.
 * @param {readonly Package[]} packages
 * @param {string} folder
 * @returns {Promise<readonly Packed[] | string>} what went wrong, where something did
 */
export async function pack(packages, folder) {
  const { status, stdout, output } = await run(
    npm(['pack', '--json', '--pack-destination', folder, ...packages.flatMap(({ name }) => ['--workspace', name])]),
    ROOT,
  )
  if (status !== 0) return `npm pack: ${output}`
  const parsed = JSON.parse(stdout)
  /** @type {{ name: string, filename: string, unpackedSize: number }[]} */
  const entries = Array.isArray(parsed) ? parsed : Object.values(parsed)
  return entries.map(({ name, filename, unpackedSize }) => ({ name, file: join(folder, filename), unpackedSize }))
}

/**
 * Installs files and packages into an empty folder.
 * @param {string} folder
 * @param {readonly string[]} what
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function install(folder, what) {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  return add(folder, ...what)
}

/**
 * Installs more, or other versions, beside what a folder has.
 * @param {string} folder
 * @param {readonly string[]} what
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function add(folder, ...what) {
  const { status, output } = await run(npm(['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...what]), folder)
  return status === 0 ? undefined : `npm install of the packed packages: ${output}`
}

/**
 * @param {string} folder
 * @returns {Promise<{ dependencies?: Record<string, string>, exports?: Record<string, unknown>, private?: boolean }>}
 */
async function readManifest(folder) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

/**
 * The frameworks and APIs that an application has beside the guard, in the versions that the guard is tested with.
 * @returns {Promise<readonly string[]>}
 */
export async function peers() {
  const versions = await Promise.all(
    ['application/guard', '.'].map(async (folder) => JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')).devDependencies),
  )
  const names = ['express', '@types/express', 'fastify', 'koa', '@types/koa', 'hono', '@hono/node-server', '@opentelemetry/api', '@types/node']
  return names.map((name) => `${name}@${versions.find((found) => found[name] !== undefined)?.[name]}`)
}

/**
 * @param {[string, string[]]} command
 * @param {string} cwd
 */
function run([command, args], cwd) {
  return capture(command, args, { cwd })
}
