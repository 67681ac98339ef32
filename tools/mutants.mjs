import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus, tmpdir } from 'node:os'
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mutantsOf } from './mutants/find-mutants.mjs'
import { ROOT } from './run.mjs'

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
const ENDLESS = 'the tests do not end'

const wanted = process.argv[2] ?? ''
const sources = await Promise.all(FILES.map(async (name) => ({ file: `${name}.ts`, text: await readFile(join(ROOT, HOME, `${name}.ts`), 'utf8') })))
const mutants = sources
  .flatMap(({ file, text }) => mutantsOf(file, text))
  .filter(({ file, check, mutation }) => `${file} ${check} ${mutation}`.includes(wanted))

const folder = await mkdtemp(join(tmpdir(), 'mutants-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
/** @typedef {import('./mutants/find-mutants.mjs').Mutant & { noticedBy: string | undefined }} Judged */
/** @type {Judged[]} */
const judged = []
const waiting = [...mutants.entries()]
const workers = Math.max(1, Math.min(cpus().length, mutants.length))
await Promise.all(Array.from({ length: workers }, async (_, index) => work(await copy(join(folder, String(index))))))
report()

/**
 * A copy of the engine's sources that finds its libraries where we do.
 * @param {string} at
 */
async function copy(at) {
  await mkdir(join(at, 'core/proof'), { recursive: true })
  await cp(join(ROOT, HOME), join(at, HOME), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(at, 'node_modules'))
  await writeFile(join(at, 'package.json'), '{ "type": "module" }')
  const config = { include: [`${HOME}/**/*.test.ts`], isolate: false, pool: 'forks', fileParallelism: false, cache: false, testTimeout: 20_000 }
  await writeFile(join(at, 'vitest.config.mjs'), `export default { cacheDir: './cache', test: ${JSON.stringify(config)} }\n`)
  return at
}

/** @param {string} at */
async function work(at) {
  let tests = await start(at)
  let sound = await tests.firstFailure([], SLOW)
  if (sound === ENDLESS) {
    // A machine that is busy with other things: once more, from the start.
    tests = await start(at)
    sound = await tests.firstFailure([], SLOW)
  }
  if (sound !== undefined) throw new Error(`the tests fail without any change: ${sound}`)
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [index, mutant] = next
    const path = join(at, HOME, mutant.file)
    const text = await readFile(path, 'utf8')
    await writeFile(path, mutant.text)
    const noticedBy = (await tests.firstFailure([path], SLOW)) ?? (await tests.firstFailure([], []))
    await writeFile(path, text)
    if (noticedBy === ENDLESS) tests = await start(at)
    else tests.changed(path)
    judged[index] = { ...mutant, noticedBy }
    console.error(`${Object.keys(judged).length} of ${mutants.length}: ${mutant.file}:${mutant.line} ${mutant.check}: ${noticedBy ?? 'NOBODY NOTICED'}`)
  }
  tests.end()
}

/**
 * The tests of one copy, in a process group of their own.
 * @param {string} at
 */
async function start(at) {
  const child = spawn(process.execPath, [join(ROOT, 'tools/mutants/run-tests.mjs'), at], {
    cwd: at,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const end = () => {
    process.off('exit', end)
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  process.on('exit', end)
  await once(child, 'message')
  /** @type {string[]} */
  const pending = []
  return {
    end,
    /** @type {(path: string) => void} */
    changed: (path) => void pending.push(path),
    /**
     * The name of the first test that fails; undefined where all hold.
     * @param {readonly string[]} changed
     * @param {readonly string[]} without
     * @returns {Promise<string | undefined>}
     */
    async firstFailure(changed, without) {
      child.send({ changed: [...pending.splice(0), ...changed], without })
      try {
        const [name] = await once(child, 'message', { signal: AbortSignal.timeout(TIMEOUT) })
        return name ?? undefined
      } catch {
        end()
        return ENDLESS
      }
    },
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
