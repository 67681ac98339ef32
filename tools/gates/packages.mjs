import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture } from '../run.mjs'
import { bundle } from './packages/bundle.mjs'
import { guardSize } from './packages/guard-size.mjs'
import { imports, typesHold } from './packages/imports.mjs'
import { install, pack, peers, workspaces } from './packages/installed.mjs'
import { complaintsOf } from './tool.mjs'

export const about = 'packed packages install, import, type-check and bundle; the guard is small and brings nobody else'

/** Measured by the last check. */
export let figure = ''

/** What an application installs has its types found in every way there is, `node10` too; the rest is for Node's own resolution. */
const IN_APPLICATIONS = new Set(['@everyhop/guard', '@everyhop/verifier', '@everyhop/proof', '@everyhop/chain'])

export async function check() {
  const packages = (await workspaces()).filter(({ isPrivate }) => !isPrivate)
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-packages-'))
  try {
    const packed = await pack(packages, folder)
    if (typeof packed === 'string') return [packed]
    const problems = []
    for (const { name, file } of packed) {
      problems.push(...(await complaintsOf('publint', ['run', file, '--strict'])))
      // Node 20.19 and newer load modules by `require`: that a CommonJS program gets one is no mistake.
      const profile = IN_APPLICATIONS.has(name) ? ['--ignore-rules', 'cjs-resolves-to-esm'] : ['--profile', 'esm-only']
      if (name !== 'everyhop') problems.push(...(await complaintsOf('attw', [file, ...profile, '--no-emoji', '--no-color'])))
    }
    const everything = join(folder, 'everything')
    const failure = await install(everything, [...packed.map(({ file }) => file), ...(await peers())])
    if (failure !== undefined) return [...problems, failure]
    const bare = join(folder, 'bare')
    const bareFailure = await install(
      bare,
      packed.filter(({ name }) => IN_APPLICATIONS.has(name)).map(({ file }) => file),
    )
    if (bareFailure !== undefined) return [...problems, bareFailure]
    const names = packages.flatMap(({ subpaths }) => subpaths)
    const ofApplications = packages.filter(({ name }) => IN_APPLICATIONS.has(name)).flatMap(({ subpaths }) => subpaths)
    const size = await guardSize(bare, packed)
    const bundled = await bundle(everything)
    figure = `${size.figure}; ${bundled.figure}`
    return [
      ...problems,
      ...(await imports(everything, names)),
      ...(await imports(bare, ofApplications)),
      ...(await typesHold(everything, ofApplications)),
      ...size.problems,
      ...bundled.problems,
      ...(await help(everything)),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder */
async function help(folder) {
  const { status, stdout, output } = await capture(join(folder, 'node_modules/.bin/everyhop'), ['--help'], { cwd: folder })
  return status === 0 && stdout.includes('Usage: everyhop') ? [] : [`everyhop --help: ${output}`]
}
