import { writeFile } from 'node:fs/promises'
import { proofCases } from './cases/proof.mjs'
import { replayCases } from './cases/replay.mjs'
import { tokenCases } from './cases/token.mjs'
import { transportCases } from './cases/transport.mjs'
import { install, toFullSecond } from './clock.mjs'
import { Inapplicable, openLab } from './lab.mjs'
import { machine } from './machine.mjs'
import { peers, withKeys } from './peers.mjs'
import { peer as guard } from './everyhop-guard.mjs'
import { createWorld } from './world.mjs'

/** @typedef {'accepted' | 'refused' | 'not applicable'} Answer */
/** @typedef {{ case: string, group: string, want: 'accept' | 'refuse', because: string, choice: boolean, answers: Record<string, Answer>, strictest: Record<string, Answer> }} Row */
/** @typedef {{ node: string, peers: Readonly<Record<string, string>>, strictest: Record<string, string>, rows: readonly Row[] }} Comparison */

/** Sends every case to every library and writes down who let it in. Run by `npm run compare`, which installs and builds before. */
const GROUPS = { proof: proofCases, replay: replayCases, token: tokenCases, transport: transportCases }

install()
const world = createWorld()
const all = [guard, ...(await peers())]

/** @type {Row[]} */
const rows = []
await withKeys(world, async (jwksUri) => {
  for (const [group, cases] of Object.entries(GROUPS)) {
    for (const { title, want, because, choice = false, attempt } of cases) {
      /** @type {Row} */
      const row = { case: title, group, want, because, choice, answers: {}, strictest: {} }
      for (const peer of all) {
        const answer = await answerOf(peer, attempt, { world, jwksUri })
        row.answers[peer.name] = answer
        if (peer.strictest !== undefined && isWrong(answer, want)) row.strictest[peer.name] = await answerOf(peer, attempt, { world, jwksUri, strict: true })
      }
      rows.push(row)
      console.error(line(row))
    }
  }
})

const { node, peers: versions } = machine(all)
/** @type {Comparison} */
const comparison = {
  node,
  peers: versions,
  strictest: Object.fromEntries(all.flatMap(({ name, strictest }) => (strictest === undefined ? [] : [[name, strictest]]))),
  rows,
}
await writeFile(new URL('comparison.json', import.meta.url), `${JSON.stringify(comparison, null, 2)}\n`)

const wrong = rows.filter(({ answers, want }) => isWrong(answers[guard.name], want))
console.log(
  `${rows.length} cases, ${all.length} libraries; wrong: ${all.map(({ name }) => `${name} ${rows.filter((row) => isWrong(row.answers[name], row.want)).length}`).join(', ')}`,
)
if (wrong.length > 0) {
  console.error(`everyhop is wrong about:\n${wrong.map((row) => `  ${row.case}`).join('\n')}`)
  process.exitCode = 1
}

/**
 * The honest request before shows that the library lets anybody in, and the one after that it still does.
 * @param {import('./peer.mjs').Peer} peer
 * @param {import('./lab.mjs').Case['attempt']} attempt
 * @param {Omit<import('./peer.mjs').Setting, 'shared'>} setting
 * @returns {Promise<Answer>}
 */
async function answerOf(peer, attempt, setting) {
  toFullSecond()
  const lab = await openLab(peer, { ...setting, shared: new Map() })
  if (!(await lab.send(lab.token, await lab.prove()))) throw new Error(`${peer.name} refuses an honest request`)
  try {
    const isIn = await attempt(lab)
    await lab.honest()
    return isIn ? 'accepted' : 'refused'
  } catch (error) {
    if (error instanceof Inapplicable) return 'not applicable'
    throw error
  }
}

/** @param {Answer | undefined} answer
 * @param {'accept' | 'refuse'} want */
function isWrong(answer, want) {
  return answer !== 'not applicable' && (answer === 'accepted') !== (want === 'accept')
}

/** @param {Row} row */
function line({ case: title, want, answers }) {
  const cells = all.map(
    ({ name }) => `${{ accepted: 'A', refused: 'R', 'not applicable': '-' }[answers[name] ?? 'not applicable']}${isWrong(answers[name], want) ? '!' : ' '}`,
  )
  return `${title.padEnd(72)} ${want === 'accept' ? 'A' : 'R'}  ${cells.join(' ')}`
}
