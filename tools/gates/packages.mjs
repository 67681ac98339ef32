import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture, npm, ROOT } from '../run.mjs'
import { complaintsOf } from './tool.mjs'

export const about = 'packed packages install and import in an empty folder'

/** @typedef {{ name: string, folder: string, exports: readonly string[], isPrivate: boolean }} Package */

export async function check() {
  const packages = (await workspaces()).filter(({ isPrivate }) => !isPrivate)
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-packages-'))
  try {
    const packed = await packAll(packages, folder)
    if (!Array.isArray(packed)) return [packed.problem]
    const shape = []
    for (const { name, file } of packed) {
      shape.push(...(await complaintsOf('publint', ['run', file, '--strict'])))
      if (name !== 'everyhop') shape.push(...(await complaintsOf('attw', [file, '--profile', 'esm-only', '--no-emoji', '--no-color'])))
    }
    return [...shape, ...(await installAndImport(packages, packed, folder))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<readonly Package[]>} */
async function workspaces() {
  const { stdout } = await run(npm(['query', '.workspace']), ROOT)
  /** @type {{ name: string, location: string }[]} */
  const found = JSON.parse(stdout)
  return Promise.all(
    found.map(async ({ name, location }) => {
      const manifest = JSON.parse(await readFile(join(ROOT, location, 'package.json'), 'utf8'))
      const paths = Object.keys(manifest.exports ?? {})
      return { name, folder: location, exports: paths.map((path) => name + path.slice(1)), isPrivate: manifest.private === true }
    }),
  )
}

/**
 * @param {readonly Package[]} packages
 * @param {string} folder
 */
async function packAll(packages, folder) {
  const { status, stdout, output } = await run(
    npm(['pack', '--json', '--pack-destination', folder, ...packages.flatMap(({ name }) => ['--workspace', name])]),
    ROOT,
  )
  if (status !== 0) return { problem: `npm pack: ${output}` }
  const parsed = JSON.parse(stdout)
  /** @type {{ name: string, filename: string }[]} */
  const entries = Array.isArray(parsed) ? parsed : Object.values(parsed)
  return entries.map(({ name, filename }) => ({ name, file: join(folder, filename) }))
}

/**
 * Peers of a package (frameworks) come along: each export has to load as its user has it.
 * @param {readonly Package[]} packages
 * @param {readonly { file: string }[]} packed
 * @param {string} folder
 */
async function installAndImport(packages, packed, folder) {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const peers = [`express@${devDependencies.express}`]
  const files = packed.map(({ file }) => file)
  const install = await run(npm(['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...files, ...peers]), folder)
  if (install.status !== 0) return [`npm install of the packed packages: ${install.output}`]

  const names = packages.flatMap(({ exports }) => exports)
  const script = names.map(
    (name) =>
      `await import(${JSON.stringify(name)}${name.endsWith('.json') ? ", { with: { type: 'json' } }" : ''}).catch((e) => { console.log(${JSON.stringify(name)} + ': ' + e.message); process.exitCode = 1 })`,
  )
  await writeFile(join(folder, 'import-all.mjs'), script.join('\n'))
  const imported = await capture(process.execPath, ['import-all.mjs'], { cwd: folder })
  const help = await capture(join(folder, 'node_modules/.bin/everyhop'), ['--help'], { cwd: folder })
  return [
    ...(imported.status === 0 ? [] : [`not importable: ${imported.output}`]),
    ...(help.status === 0 && help.stdout.includes('Usage: everyhop') ? [] : [`everyhop --help: ${help.output}`]),
  ]
}

/**
 * @param {[string, string[]]} command
 * @param {string} cwd
 */
function run([command, args], cwd) {
  return capture(command, args, { cwd })
}
