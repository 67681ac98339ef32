import { cpus, tmpdir } from 'node:os'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mutantsOf } from './mutants/find-mutants.mjs'
import { capture, ROOT } from './run.mjs'

/**
 * `npm run mutants`: breaks each check of the engine in a copy, runs the engine's tests there, and prints which test noticed.
 * Ends with status 1 where none did. `npm run mutants -- token.typ` breaks only what has this in its name.
 */

const HOME = 'core/proof/src'
/** What decides, in the order in which a request meets it. */
const FILES = [
  'judge',
  'judge-path',
  'read-authorization',
  'read-token',
  'read-introspection',
  'confirmation',
  'checks',
  'judge-opaque',
  'judge-waiver',
  'judge-binding',
  'read-proof',
  'proof-key',
  'read-attestation',
]
/** Run last, since they take longest: only for what the tables did not notice. */
const SLOW = ['hostile.test.ts', 'differential.test.ts']
const TIMEOUT = 120_000

const wanted = process.argv[2] ?? ''
const sources = await Promise.all(FILES.map(async (name) => ({ file: `${name}.ts`, text: await readFile(join(ROOT, HOME, `${name}.ts`), 'utf8') })))
const mutants = sources
  .flatMap(({ file, text }) => mutantsOf(file, text))
  .filter(({ file, check, mutation }) => `${file} ${check} ${mutation}`.includes(wanted))

const folder = await mkdtemp(join(tmpdir(), 'mutants-'))
/** @type {string[]} */
const copies = []
process.once('SIGINT', () => void rm(folder, { recursive: true, force: true }).then(() => process.exit(130)))

/** @typedef {import('./mutants/find-mutants.mjs').Mutant & { noticedBy: string | undefined }} Judged */
/** @type {Judged[]} */
const judged = []
try {
  const workers = Math.max(1, Math.min(cpus().length, mutants.length))
  for (let worker = 0; worker < workers; worker++) copies.push(await copy(join(folder, String(worker))))
  const sound = await noticed(/** @type {string} */ (copies[0]), [])
  if (sound !== undefined) {
    console.error(`The tests fail without any change: ${sound}`)
    process.exitCode = 3
  } else {
    const waiting = [...mutants.entries()]
    await Promise.all(copies.map((at) => work(at, waiting)))
    report()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

/**
 * A copy of the engine's sources that finds its libraries where we do.
 * @param {string} at
 */
async function copy(at) {
  await mkdir(join(at, 'core/proof'), { recursive: true })
  await cp(join(ROOT, HOME), join(at, HOME), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(at, 'node_modules'))
  await writeFile(join(at, 'package.json'), '{ "type": "module" }')
  const config = { include: [`${HOME}/**/*.test.ts`], isolate: false, pool: 'forks', fileParallelism: false, cache: false, bail: 1, testTimeout: 20_000 }
  await writeFile(join(at, 'vitest.config.mjs'), `export default { cacheDir: './cache', test: ${JSON.stringify(config)} }\n`)
  return at
}

/**
 * @param {string} at
 * @param {[number, import('./mutants/find-mutants.mjs').Mutant][]} waiting
 */
async function work(at, waiting) {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [index, mutant] = next
    const path = join(at, HOME, mutant.file)
    const sound = await readFile(path, 'utf8')
    await writeFile(path, mutant.text)
    const noticedBy = (await noticed(at, SLOW)) ?? (await noticed(at, []))
    await writeFile(path, sound)
    judged[index] = { ...mutant, noticedBy }
    console.error(`${Object.keys(judged).length} of ${mutants.length}: ${mutant.file}:${mutant.line} ${mutant.check}: ${noticedBy ?? 'NOBODY NOTICED'}`)
  }
}

/**
 * The name of the first test that fails; undefined where all hold.
 * @param {string} at
 * @param {readonly string[]} without
 * @returns {Promise<string | undefined>}
 */
async function noticed(at, without) {
  const output = join(at, 'results.json')
  await rm(output, { force: true })
  const args = ['run', '--root', at, '--reporter=json', `--outputFile=${output}`, ...without.map((name) => `--exclude=**/${name}`)]
  const run = capture(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: at,
    env: { ...process.env, VITEST_SKIP_INSTALL_CHECKS: '1' },
  })
  const { status } = await within(run)
  if (status === 0) return undefined
  const results = await readFile(output, 'utf8').then(JSON.parse, () => ({ testResults: [] }))
  /** @type {readonly { status: string, fullName: string }[]} */
  const tests = results.testResults.flatMap((/** @type {{ assertionResults: unknown[] }} */ file) => file.assertionResults)
  return tests.find((test) => test.status === 'failed')?.fullName.trim() ?? 'the tests do not start'
}

/**
 * A mutant that never ends has been noticed.
 * @param {Promise<{ status: number }>} run
 */
async function within(run) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {Promise<{ status: number }>} */
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ status: 1 }), TIMEOUT)
  })
  try {
    return await Promise.race([run, late])
  } finally {
    clearTimeout(timer)
  }
}

function report() {
  const survivors = judged.filter(({ noticedBy }) => noticedBy === undefined)
  console.log('| check | where | mutation | noticed by |\n| --- | --- | --- | --- |')
  for (const { check, file, line, mutation, noticedBy } of judged) {
    console.log(`| ${[check, `${file}:${line}`, mutation, noticedBy ?? 'NOBODY'].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
  }
  console.log(`\n${judged.length} mutants, ${judged.length - survivors.length} noticed, ${survivors.length} not`)
  process.exitCode = survivors.length === 0 ? 0 : 1
}
