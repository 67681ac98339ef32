import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { ROOT, show } from './run.mjs'

/**
 * npm runs this in a package's folder before it packs it: builds, then makes `dist` small. A package holds its
 * modules, minified one by one so that a bundler can still drop what is not used, and its types, with their comments
 * where an application meets them.
 * Left out: sources and source maps, which the repository has; tests; modules and types that no export leads to.
 * @param {string} folder
 * @returns {Promise<boolean>} false when the sources do not build
 */
export async function prepare(folder) {
  const dist = join(folder, 'dist')
  if ((await show(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: folder })) !== 0) return false
  // The next build writes everything again.
  await rm(join(dist, '.tsbuildinfo'), { force: true })
  const reachable = await reachableFrom(folder)
  for (const path of await readdir(dist, { recursive: true })) {
    const file = join(dist, path)
    if (!/\.(js|d\.ts)$/.test(path)) continue
    const hasSource = existsSync(join(folder, 'src', path.replace(/\.(js|d\.ts)$/, '.ts')))
    if (hasSource && (reachable === undefined || reachable.has(file))) await replace(file, await smaller(file))
    else await rm(file)
  }
  return true
}

/** Types that no application meets, though it installs them: their comments are for us, and the repository has them. */
const UNMET = /core.(proof.dist.(?!(decision|receipt|codes|refusal)\.d)|chain.dist.(?!slice\.d))/

/** @param {string} file */
async function smaller(file) {
  const text = await readFile(file, 'utf8')
  if (!file.endsWith('.d.ts')) return (await transform(text, { format: 'esm', target: 'node20', legalComments: 'none', minify: true })).code
  const types = UNMET.test(file) ? text.replaceAll(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '') : text
  return types.replaceAll(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4)).replace(/\n\/\/# sourceMappingURL=.*/, '')
}

/**
 * At once: somebody may be running it.
 * @param {string} file
 * @param {string} text
 */
async function replace(file, text) {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

/**
 * The modules and declarations that the exports of a package lead to.
 * @param {string} folder
 * @returns {Promise<ReadonlySet<string> | undefined>} undefined where it exports nothing and is run instead
 */
async function reachableFrom(folder) {
  const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  if (exports === undefined) return undefined
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = Object.values(exports)
    .flatMap((target) => (typeof target === 'string' ? [] : Object.values(target)))
    .map((file) => join(folder, file))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue
    found.add(file)
    const text = await readFile(file, 'utf8')
    const isTypes = file.endsWith('.d.ts')
    for (const [, name = ''] of text.matchAll(/['"`](\.{1,2}\/[^'"`\n]+\.js)['"`]/g)) {
      waiting.push(join(dirname(file), isTypes ? name.replace(/\.js$/, '.d.ts') : name))
    }
  }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const isBuilt = await prepare(process.cwd())
  if (!isBuilt) console.error(`${relative(ROOT, process.cwd())} does not build: nothing to pack`)
  process.exitCode = isBuilt ? 0 : 1
}
