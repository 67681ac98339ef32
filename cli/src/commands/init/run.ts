import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Chain } from '@everyhop/chain'
import { loadManifest, type Loaded } from '@everyhop/manifest'
import { discover, firstToken, IssuerError, readRunnerFile, RunnerFileError, runnerThumbprint, type Discovered, type FirstToken } from '@everyhop/prober'
import { misuse, sentenceOf } from '../../exit-code.js'
import { renderProblems } from '../../print-problems.js'
import { writeWhole } from '../../write-file.js'
import { answersOf, type Answers, type Flags } from './answers.js'
import { draftManifest } from './draft-manifest.js'
import { draftRunner } from './draft-runner.js'
import { factsOf, type Facts } from './facts.js'
import { summaryOf } from './summary.js'

export async function run(flags: Flags): Promise<void> {
  const answers = await answersOf(flags)
  if (typeof answers === 'string') return misuse(answers)
  try {
    await init(answers)
  } catch (error) {
    // What the caller can mend is said in a sentence; anything else is a fault of ours and keeps its trace.
    const isTheirs = error instanceof RunnerFileError || error instanceof TypeError || (error instanceof Error && 'syscall' in error)
    if (!isTheirs) throw error
    misuse(sentenceOf(error))
  }
}

async function init(answers: Answers): Promise<void> {
  const { url, issuer, ca } = answers
  const options = ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }
  const found = await discover({ url, ...(issuer === undefined ? {} : { issuer }), ...options })
  const tried = await tryOut(answers, found)
  const facts = factsOf(answers, found, tried.token)
  const manifest = draftManifest(facts)
  const runner = draftRunnerOf(answers, facts, found, tried.isWithoutResource)
  const loaded = await inFolder((folder) => loadDraft(folder, manifest))
  if (!loaded.ok) {
    process.stderr.write(renderProblems(loaded.problems))
    return misuse('what the issuer and the resource say makes no manifest; nothing is written')
  }
  await mkdir(dirname(answers.runner), { recursive: true, mode: 0o700 })
  // The one with keys first: a manifest without it would name what is not there.
  await writeWhole(answers.runner, runner, { mode: 0o600, replace: false })
  await writeWhole(answers.file, manifest, { mode: 0o644, replace: false })
  process.stdout.write(summaryOf({ answers, found, facts, manifest, tried, thumbprint: thumbprintIn(runner) }))
}

/** Of the key in a runner file that was drafted here. */
const thumbprintIn = (runner: string): string =>
  runnerThumbprint(createPrivateKey({ key: (JSON.parse(runner) as { readonly key: JsonWebKey }).key, format: 'jwk' }))

const draftRunnerOf = (answers: Answers, facts: Facts, { issuer }: Discovered, isWithoutResource: boolean): string => {
  const endpoint = issuer?.metadata['token_endpoint']
  return draftRunner({ answers, facts, isWithoutResource, tokenEndpoint: typeof endpoint === 'string' && URL.canParse(endpoint) ? endpoint : undefined })
}

/** What came of taking one token and using it once. */
export type Tried = { readonly token?: FirstToken; readonly problem?: string; readonly isWithoutResource: boolean }

/** Tries with drafts that are thrown away. Many issuers do not know the parameter `resource` (RFC 8707), and some refuse it. */
async function tryOut(answers: Answers, found: Discovered): Promise<Tried> {
  if (found.issuer === undefined && answers.tokenCommand === undefined)
    return { problem: 'no issuer is known to ask for a token: --issuer URL', isWithoutResource: false }
  const manifest = draftManifest(factsOf(answers, found))
  return inFolder(async (folder) => {
    const loaded = await loadDraft(folder, manifest)
    if (!loaded.ok) return { problem: loaded.problems[0]?.message ?? 'the draft is no manifest', isWithoutResource: false }
    const attempt = async (isWithoutResource: boolean): Promise<Tried> => {
      const runner = join(folder, 'runner.json')
      await writeFile(runner, draftRunnerOf(answers, factsOf(answers, found), found, isWithoutResource), { mode: 0o600 })
      return takeToken(loaded.chain, runner, isWithoutResource)
    }
    const first = await attempt(false)
    if (first.token !== undefined) return first
    const second = await attempt(true)
    return second.token === undefined ? first : second
  })
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-init-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function loadDraft(folder: string, manifest: string): Promise<Loaded> {
  const file = join(folder, 'everyhop.yaml')
  await writeFile(file, manifest)
  return loadManifest(file)
}

async function takeToken(chain: Chain, runner: string, isWithoutResource: boolean): Promise<Tried> {
  try {
    return { token: await firstToken({ chain, runner: readRunnerFile(runner) }), isWithoutResource }
  } catch (error) {
    if (!(error instanceof IssuerError || error instanceof RunnerFileError || error instanceof TypeError)) throw error
    // The draft has a name that nobody needs to know.
    return { problem: error.message.replace(`${runner}: `, ''), isWithoutResource }
  }
}
