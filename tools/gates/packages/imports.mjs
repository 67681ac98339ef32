import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { capture, ROOT } from '../../run.mjs'
import { add } from './installed.mjs'

/**
 * Loads every export of every package in a process of its own, by `import` and by `require`, which Node 20.19 has for modules.
 * @param {string} folder
 * @param {readonly string[]} names
 * @returns {Promise<readonly string[]>}
 */
export async function imports(folder, names) {
  const attributes = (/** @type {string} */ name) => (name.endsWith('.json') ? ", { with: { type: 'json' } }" : '')
  const failed = (/** @type {string} */ name) => `(error) => { console.log(${JSON.stringify(name)} + ': ' + error.message); process.exitCode = 1 }`
  const script = names.map((name) => `await import(${JSON.stringify(name)}${attributes(name)}).catch(${failed(name)})`)
  const required = names.map((name) => `try { require(${JSON.stringify(name)}) } catch (error) { (${failed(name)})(error) }`)
  await Promise.all([writeFile(join(folder, 'import-all.mjs'), script.join('\n')), writeFile(join(folder, 'require-all.cjs'), required.join('\n'))])
  const results = await Promise.all(
    ['import-all.mjs', 'require-all.cjs'].map(async (file) => ({ file, ...(await capture(process.execPath, ['--no-warnings', file], { cwd: folder })) })),
  )
  return results.flatMap(({ file, status, output }) => (status === 0 ? [] : [`${file}: ${output}`]))
}

/** Types of the versions of Node that an application may have beside the oldest, which is the one installed. */
const NEWER_NODES = ['22.20.5', '24.19.4']

const MODES = /** @type {const} */ ([
  ['nodenext', 'nodenext'],
  ['node20', 'node16'],
  ['esnext', 'bundler'],
])

/**
 * Compiles a program that imports every export, against the packed declarations themselves: `skipLibCheck` is off for them.
 * @param {string} folder
 * @param {readonly string[]} names
 * @returns {Promise<readonly string[]>}
 */
export async function typesHold(folder, names) {
  const problems = await compile(folder, names, MODES)
  for (const version of NEWER_NODES) {
    const failure = await add(folder, `@types/node@${version}`)
    const found = failure === undefined ? await compile(folder, names, MODES.slice(0, 1)) : [failure]
    problems.push(...found.map((problem) => `with @types/node ${version}: ${problem}`))
  }
  return problems
}

/**
 * @param {string} folder
 * @param {readonly string[]} names
 * @param {readonly (readonly [module: string, resolution: string])[]} modes
 */
async function compile(folder, names, modes) {
  const lines = names.map((name, index) => `import * as m${index} from ${JSON.stringify(name)}\nexport const n${index}: object = m${index}`)
  await writeFile(join(folder, 'types.ts'), lines.join('\n'))
  const problems = await Promise.all(
    modes.map(async ([module, resolution]) => {
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2023',
        '--types',
        'node',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        '--pretty',
        'false',
      ]
      const { output } = await capture(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, 'types.ts'], { cwd: folder })
      // What is wrong within a framework's own types is not for us to say.
      const ours = output.split('\n').filter((line) => /^(types\.ts|node_modules\/@everyhop\/)|^error/.test(line))
      return ours.map((line) => `types under ${resolution}: ${line}`)
    }),
  )
  return problems.flat()
}
