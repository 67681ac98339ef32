import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startChain, type Answers } from './chain.testkit.js'
import { loadAttacks, OwnAttacksError } from './own-attacks.js'
import { probe } from './probe.js'

const EXAMPLE = fileURLToPath(new URL('../../../examples/own-attacks/attacks', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'everyhop-own-'))
afterAll(() => rmSync(root, { recursive: true }))
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

let count = 0
/** A folder with the given files. */
function folder(files: Readonly<Record<string, string>>): string {
  const made = join(root, String(++count))
  mkdirSync(made, { mode: 0o755 })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text, { mode: 0o644 })
  return made
}

const HONEST = `kind: 'forge', id: 'OWN-03', title: 'A wrong thing works', control: 'POP-AP-01', layer: 'application', spec: [], prod: 'P1', needs: [],
  expect: 'refused', refusedAs: ['proof.missing'], forge: (honest) => [{ ...honest, dpop: [] }]`
const exported = (changes = '') => `export const own = { ${HONEST}, ${changes} }`

async function problemsOf(files: Readonly<Record<string, string>>): Promise<string> {
  const made = folder(files)
  const error: unknown = await loadAttacks(made).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OwnAttacksError)
  return (error as Error).message.replaceAll(`${made}/`, '')
}

describe('a file that is no attack is refused, and it is said where and how to mend it', () => {
  for (const [what, text, says] of [
    ['an id of no shape', exported("id: 'mine'"), 'a.js: id: write an id such as OWN-01'],
    ['an id of the catalogue', exported("id: 'KEY-01'"), 'a.js: id: KEY-01 is an attack of the catalogue; choose a family of your own'],
    ['an id of a row that nobody implements yet', exported("id: 'WLD-01'"), 'WLD-01 is an attack of the catalogue'],
    ['no title', exported("title: ' '"), 'a.js: title: write a sentence'],
    ['a control that there is not', exported("control: 'POP-AP-99'"), 'a.js: control: write a control such as POP-AP-01'],
    ['another class', exported("prod: 'P4'"), 'a.js: prod: write P1'],
    ['a need that there is not', exported("needs: ['luck']"), 'a.js: needs: write a list of what must be there for it to apply, out of dpop, mtls,'],
    ['no codes of what must be refused', exported('refusedAs: []'), 'a.js: refusedAs: write the codes'],
    ['codes of what need not be', exported("expect: 'accepted'"), 'a.js: refusedAs: write the codes'],
    ['a forge that is none', exported("forge: 'x'"), 'a.js: forge: write a function'],
    ['a member that there is not', exported('severity: 1'), 'a.js: severity: there is no such member; a forge attack has id, title,'],
    ['a script without run', exported("kind: 'scripted'"), 'a.js: run: write an async function'],
    ['two exports', `${exported()}; export const other = 1`, 'a.js: it must export one attack, and exports 2 things'],
    ['nothing at all', '', 'a.js: it must export one attack, and exports 0 things'],
    ['no JavaScript', 'const', 'a.js: it cannot be loaded: '],
  ] as const) {
    test(what, async () => expect(await problemsOf({ 'a.js': text })).toContain(says))
  }

  test('all files at once', async () => {
    expect(await problemsOf({ 'a.js': exported("prod: 'P4'"), 'b.mjs': exported("layer: 'none'") })).toMatch(/^a\.js: prod.*\nb\.mjs: layer/)
  })
  test('two with one id', async () => {
    expect(await problemsOf({ 'a.js': exported(), 'b.js': exported() })).toMatch(/^b\.js: id: OWN-03 is the attack of .*a\.js already$/)
  })
  test('an empty folder, and one that is not there', async () => {
    expect(await problemsOf({ 'notes.md': '' })).toContain('it holds no attack')
    await expect(loadAttacks(join(root, 'none'))).rejects.toThrow('no folder that can be read')
  })
  test('what anybody may have written is not run', async () => {
    const made = folder({ 'a.js': exported() })
    chmodSync(join(made, 'a.js'), 0o666)
    await expect(loadAttacks(made)).rejects.toThrow('chmod o-w')
  })
})

describe('what an attack makes is checked when it makes it', () => {
  const chainOf = (application: Answers = ({ headers }) => (headers['dpop'] === undefined ? 401 : undefined)) =>
    startChain(closers, { edge: () => undefined, application })
  async function outcomeOf(text: string): Promise<readonly string[]> {
    const report = await probe({ ...(await chainOf()), attacks: await loadAttacks(folder({ 'a.js': text })) })
    return report.attacks.map(({ outcome, reason }) => `${outcome}: ${reason}`)
  }

  for (const [what, text, says] of [
    ['an honest one', exported(), /^held: /],
    ['no list', exported('forge: (honest) => honest'), /^inconclusive: forge must give a list of exchanges/],
    ['an exchange without its parts', exported("forge: () => [{ method: 'GET', target: '/' }]"), /^inconclusive: forge must give a list/],
    [
      'one that throws what it knows',
      exported('forge: (honest) => { throw new Error(honest.authorization) }'),
      /^inconclusive: the attack could not be carried out$/,
    ],
    [
      'a script that concludes nothing',
      exported("kind: 'scripted', expect: undefined, run: async () => ({})")
        .replace(/expect: 'refused'.*\]/s, 'needs: []')
        .replace(', expect: undefined', ''),
      /^inconclusive: run must give/,
    ],
  ] as const) {
    test(what, async () => expect(await outcomeOf(text)).toEqual([expect.stringMatching(says)]))
  }
})

describe('the example', () => {
  const accepts = ({ headers }: IncomingMessage) => headers['dpop'] !== undefined
  const run = async (application: Answers) => {
    const attacks = await loadAttacks(EXAMPLE)
    const report = await probe({ ...(await startChain(closers, { edge: () => undefined, application })), attacks })
    return Object.fromEntries(report.attacks.map(({ attack, outcome }) => [attack, outcome]))
  }

  test('holds where the application reads Authorization only, and lets old tokens be', async () => {
    expect(await run((request) => (accepts(request) ? undefined : 401))).toEqual({ 'OWN-01': 'held', 'OWN-02': 'held' })
  })
  test('breaches one that reads the field, and one that forgets a token for a newer one', async () => {
    expect(await run((request) => (accepts(request) || request.headers['x-api-key'] !== undefined ? undefined : 401))).toMatchObject({ 'OWN-01': 'breached' })
    // Its first request is honest; the second is the one after a newer token was given.
    let seen = 0
    const forgetful: Answers = (request) => (++seen === 2 || !accepts(request) ? 401 : undefined)
    expect(await run(forgetful)).toMatchObject({ 'OWN-02': 'breached' })
  })
})
