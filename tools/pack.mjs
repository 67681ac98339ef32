import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, transform } from 'esbuild'
import { mergeTypes } from './pack/merge-types.mjs'
import { ROOT, show } from './run.mjs'

/** What an application installs with the guard: it has to be small, so each package is one bundle with a chunk for what its exports share. */
const IN_APPLICATIONS = /(application.guard|core.(verifier|proof|chain))$/

/**
 * npm runs this in a package's folder before it packs it: builds, then makes `dist` small. A package holds minified code,
 * and types with their comments where an application meets them.
 * Left out: sources and source maps, which the repository has; tests; modules and types that no export leads to.
 * @param {string} folder
 * @returns {Promise<boolean>} false when the sources do not build
 */
export async function prepare(folder) {
  const dist = join(folder, 'dist')
  if ((await show(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: folder })) !== 0) return false
  // The next build writes everything again.
  await rm(join(dist, '.tsbuildinfo'), { force: true })
  const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const entries = exports === undefined ? undefined : Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : Object.values(target)))
  const reachable = entries && (await reachableFrom(entries.map((file) => join(folder, file))))
  const bundled = entries && IN_APPLICATIONS.test(folder) ? await bundle(folder, entries) : undefined
  const types = entries && bundled && (await merged(folder, entries, reachable ?? new Set()))

  // New files come before old ones go, and each at once: somebody may be running what is here.
  const made = new Map([...(bundled ?? []), ...(types ?? [])])
  for (const [file, text] of made) await replace(file, text)
  for (const path of await readdir(dist, { recursive: true })) {
    const file = join(dist, path)
    if (!/\.(js|d\.ts)$/.test(path) || made.has(file)) continue
    const hasSource = existsSync(join(folder, 'src', path.replace(/\.(js|d\.ts)$/, '.ts')))
    const isMerged = path.endsWith('.d.ts') ? types !== undefined : bundled !== undefined
    const isKept = hasSource && (reachable === undefined || reachable.has(file)) && !isMerged
    if (isKept) await replace(file, await smaller(file))
    else await rm(file)
  }
  return true
}

/** Node shows the line that threw: of a file in one line it would be all, and the message of a wrong option would drown in it. */
const LONGEST_LINE = 300

const MINIFIED = Object.freeze({
  format: /** @type {const} */ ('esm'),
  target: 'node20',
  charset: /** @type {const} */ ('utf8'),
  minify: true,
  lineLimit: LONGEST_LINE,
})

/**
 * @param {string} folder
 * @param {readonly string[]} entries
 * @returns {Promise<ReadonlyMap<string, string>>} texts by file
 */
async function bundle(folder, entries) {
  const { outputFiles } = await build({
    ...MINIFIED,
    absWorkingDir: folder,
    entryPoints: entries.filter((file) => file.endsWith('.js')),
    outdir: 'dist',
    outbase: 'dist',
    chunkNames: 'shared/[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    legalComments: 'none',
    write: false,
    plugins: [
      {
        name: 'everyhop-pure',
        setup: (plugged) => plugged.onLoad({ filter: /\.js$/ }, async ({ path }) => ({ contents: thin(pure(await readFile(path, 'utf8'))) })),
      },
    ],
  })
  // When it minifies, esbuild leaves the mark out.
  return new Map(outputFiles.map(({ path, text }) => [path, text.replaceAll(/=(\s*\(function\(\)\{\s*return)/g, '=/*@__PURE__*/$1')]))
}

/**
 * Says of each constant of a module that making it has no other effect (`sideEffects` in package.json says it of the module),
 * so that a bundler can drop it from the one file that the package became.
 * @param {string} text as the compiler writes it: statements begin at the margin and end with a semicolon
 */
function pure(text) {
  const made = String.raw`^((?:export )?const [\w$]+ = )((?:new [\w$]+|[\w$.]+)\(`
  return text
    .replaceAll(new RegExp(String.raw`${made}.*\));$`, 'gm'), '$1(function () { return $2 })();')
    .replaceAll(new RegExp(String.raw`${made}.*[^;\n]\n(?:[ \t].*\n|\n)*[\]})].*);$`, 'gm'), '$1(function () { return $2 })();')
}

/**
 * Without what is for readers in the scripts that stores run: indentation, and lines of comment. No other text of ours has more than one line.
 * @param {string} text
 */
const thin = (text) => text.replaceAll(/^ +/gm, '').replaceAll(/^-- .*\n/gm, '')

/** Types that an application meets. The comments on others are for us, and the repository has them. */
const MET = [
  'application.guard.dist.(guard-options|express|fastify|fetch|hono|koa|node)',
  'core.verifier.dist.(create-verifier|replay|revocation|telemetry|tokens.introspector|tokens.client-authentication)',
  'core.proof.dist.(decision|receipt|codes)',
  'core.chain.dist.slice',
]

/** @param {string} file */
const isMet = (file) => !IN_APPLICATIONS.test(file.slice(0, file.lastIndexOf('dist') - 1)) || new RegExp(MET.join('|')).test(file)

/** @param {string} file */
async function smaller(file) {
  const text = await readFile(file, 'utf8')
  return file.endsWith('.d.ts') ? smallerTypes(file, text) : (await transform(text, { ...MINIFIED, legalComments: 'none' })).code
}

/**
 * @param {string} file
 * @param {string} text
 */
function smallerTypes(file, text) {
  return commented(file, text)
    .replaceAll(/^ +/gm, '')
    .replace(/\n\/\/# sourceMappingURL=.*/, '')
}

/**
 * @param {string} file
 * @param {string} text
 */
const commented = (file, text) => (isMet(file) ? text : text.replaceAll(/^ *\/\*\*[\s\S]*?\*\/\n/gm, ''))

/**
 * The declarations of a package, without those that nobody can name.
 * @param {string} folder
 * @param {readonly string[]} entries
 * @param {ReadonlySet<string>} reachable
 * @returns {Promise<ReadonlyMap<string, string> | undefined>} undefined where they have to stay as they are
 */
async function merged(folder, entries, reachable) {
  const files = [...reachable].filter((file) => file.endsWith('.d.ts'))
  const texts = await Promise.all(files.map(async (file) => /** @type {const} */ ([file, commented(file, await readFile(file, 'utf8'))])))
  const named = entries.filter((file) => file.endsWith('.d.ts')).map((file) => join(folder, file))
  const types = mergeTypes(named, new Map(texts))
  return types && new Map(Array.from(types, ([file, text]) => [file, text.replaceAll(/^ +/gm, '')]))
}

/**
 * @param {string} file
 * @param {string} text
 */
async function replace(file, text) {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

/**
 * The modules and declarations that these lead to.
 * @param {readonly string[]} entries
 * @returns {Promise<ReadonlySet<string>>}
 */
async function reachableFrom(entries) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [...entries]
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
