import { QUIET } from './others.mjs'
import { readFile } from 'node:fs/promises'
import { shown } from './result.mjs'

/** The pages that are made from the figures kept in this folder. They need neither the peers nor a measurement. */

/** @typedef {import('./result.mjs').Report} Report */
/** @typedef {import('./compare.mjs').Comparison} Comparison */
/** @typedef {import('./compare.mjs').Row} Row */

/** @param {string} file
 * @returns {Promise<any>} */
const read = async (file) => JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8'))

/** What the targets of the project are; `most` where less is better. */
const TARGETS = [
  { name: 'warm', what: 'Known token and key, rate over that of one bare `crypto.verify`', least: 0.85 },
  { name: 'cold', what: 'New token and key, rate over that of one import and two bare verifications', least: 0.85 },
  { name: 'refused', what: 'A stolen token with the thief’s proof, cost over that of one bare `crypto.verify`', most: 0.2 },
  { name: 'warm-vs-best-peer', what: 'Rate over that of the fastest peer, one after the other', least: 5.5 },
  { name: 'parallel-vs-best-peer', what: 'Rate over that of the fastest peer, 32 in flight', least: 3 },
  { name: 'memory-per-proof', what: 'Bytes a proof in the memory store, a million live ones', most: 40 },
  {
    name: 'decision-passthrough',
    what: 'Requests a second through nginx, over those with a service that answers 204 without looking: `passthrough`',
    least: 0.45,
  },
  { name: 'decision-attested', what: 'The same, `attested`', least: 0.33 },
  { name: 'decision-passthrough-cost', what: 'CPU of a decision over that of its signatures: `passthrough`', most: 1.3 },
  { name: 'decision-attested-cost', what: 'The same, `attested`', most: 1.3 },
  { name: 'attestation-signing', what: 'CPU of making an attestation over that of its signatures', most: 1.3 },
  { name: 'attestation-verifying', what: 'CPU of verifying an attestation over that of its signatures', most: 1.3 },
]

export async function performancePage() {
  /** @type {Report} */
  const { machine, results } = await read('results.json')
  const of = new Map(results.map((result) => [result.name, result]))
  /** @param {string} name */
  const value = (name) => {
    const result = of.get(name)
    return result === undefined ? 'not measured' : shown(result.value, result.unit)
  }
  /** @param {RegExp} names
   * @returns {string[][]} */
  const rows = (names) =>
    results.filter(({ name }) => names.test(name)).map(({ name, value: of, unit, samples, against }) => [name, shown(of, unit), unit, String(samples), against])

  const targets = TARGETS.map(({ name, what, least, most }) => {
    const figure = of.get(name)?.value ?? Number.NaN
    const isMet = least === undefined ? figure <= (most ?? Number.NaN) : figure >= least
    return [what, value(name), least === undefined ? `at most ${most}` : `at least ${least}`, isMet ? 'met' : '**missed**']
  })
  const peers = results
    .filter(({ name }) => name.startsWith('rate-'))
    .map(({ name }) => name.slice('rate-'.length))
    .toSorted((a, b) => (of.get(`rate-${b}`)?.value ?? 0) - (of.get(`rate-${a}`)?.value ?? 0))
    .map((name) => [name === 'everyhop' ? '**everyhop**' : name, machine.peers[name] ?? '', value(`rate-${name}`), value(`parallel-rate-${name}`)])

  return page('Performance', [
    `What one verification costs: proof, token, route and replay, as an application gets it. Measured on ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, Node ${machine.node}, ${machine.date}. Ratios carry over to other machines; rates do not.${disturbed(machine.others)}`,
    '## Targets',
    table(['what', 'measured', 'target', ''], targets),
    '## Beside other libraries',
    'Verifications a second with ES256, on tokens that each library has seen before and on proofs that are new. Collecting the evidence from the raw fields is counted for Everyhop; making the request object is not counted for the others. openid4vc leaves signatures to its caller: they are jose’s here.',
    table(['library', 'version', 'one after the other', '32 in flight'], peers),
    'Everyhop verifies a request that is alone on the thread that asks, which is quickest for it, and those in company on the thread pool, where libraries on WebCrypto verify all. More than two processors verify more at once.',
    '## What it costs by itself',
    table(HEAD, rows(/^(?:warm|cold|bare|refused)(?:-|$)(?!vs)/)),
    'Verified tokens and imported keys are kept, 10,000 of each. A token or key that is new, or was forgotten since, costs what `cold` says: services whose clients get a new token for each request never see the warm rate.',
    '## In front of a framework, and with a shared store',
    table(HEAD, rows(/^(?:express|fastify|redis|revocation)-/)),
    'Redis is one on loopback: a network adds its own round trip to every request, and each verification waits for it.',
    '## Behind a gateway',
    table(HEAD, rows(/^(?:decision|attestation)-/)),
    'A real nginx with its generated configuration, over TLS on connections that stay open, on the machine that also runs the decision service, the application and the clients. Costs are CPU of a decision in its process, without HTTP.',
    '## Memory',
    table(HEAD, rows(/^memory-/)),
    '## Hostile input',
    table(HEAD, rows(/^hostile-/)),
    'What is looked at is bounded as well: 8 KB of proof, 16 KB of token, 4 KB of target.',
    '## Repeat it',
    '```sh\nnpm run bench                            # a table, in under four minutes\nnpm run --silent bench -- --json         # JSON on stdout, all else on stderr\nnpm run bench -- --full                  # ten million verifications for the memory, in about half an hour\nnpm run bench -- --only memory --full --save  # that alone; the other figures stay\nnpm run bench -- --save && npm run docs  # these figures and this page\n```',
    'Contenders take turns in one process, so that what disturbs the machine disturbs all of them; keys, tokens and proofs are made before, outside the time that counts. A figure is the median of its samples, a ratio the median of the ratios of single rounds. Replay detection is on wherever a library has any. The peers are installed in `bench/` alone.',
  ])
}

/** @param {number | undefined} others processors that others used before */
const disturbed = (others) =>
  others === undefined
    ? ' How much else ran on the machine was not measured.'
    : others <= QUIET
      ? ''
      : ` **The machine was busy with other work** (others used ${others.toFixed(1)} processors just before): ratios are then lower, too, since what is in the caches is others’.`

const HEAD = ['name', 'value', 'unit', 'samples', 'against']

const MARK = { accepted: 'in', refused: 'out', 'not applicable': '–' }

export async function comparisonPage() {
  /** @type {Comparison} */
  const { peers, strictest, rows, node } = await read('comparison.json')
  const names = Object.keys(peers)
  /** @param {Row} row
   * @param {string} name */
  const cell = ({ want, answers, strictest: again }, name) => {
    const answer = answers[name] ?? 'not applicable'
    if (answer === 'not applicable' || isRight(answer, want)) return MARK[answer]
    const isMended = again[name] !== undefined && isRight(again[name], want)
    return isMended ? `**${MARK[answer]}** ¹` : `**${MARK[answer]}**`
  }
  /** @param {string} group */
  const groupTable = (group) =>
    table(
      ['what is sent', 'safe', ...names],
      rows
        .filter((row) => row.group === group)
        .map((row) => [`${row.case}${row.choice ? ' ²' : ''}`, row.want === 'accept' ? 'in' : 'out', ...names.map((name) => cell(row, name))]),
    )
  /** @param {string} name */
  const tally = (name) => {
    const answered = rows.filter(({ answers }) => answers[name] !== 'not applicable')
    const wrong = answered.filter(({ answers, want }) => !isRight(answers[name] ?? 'refused', want))
    const letIn = wrong.filter(({ want }) => want === 'refuse')
    return [
      name,
      peers[name] ?? '',
      String(answered.length),
      String(letIn.filter(({ choice }) => !choice).length),
      String(letIn.filter(({ choice }) => choice).length),
      String(wrong.length - letIn.length),
      strictest[name] ?? '',
    ]
  }

  return page('Comparison', [
    `What ${rows.length} requests meet at Everyhop’s guard and at ${names.length - 1} other libraries: sent for real, with the clock put forward where time has to pass. Measured with Node ${node}.`,
    table(
      [
        'library',
        'version',
        'cases',
        'lets in what it must not',
        'lets in where the standards leave a choice',
        'refuses what is good',
        'strictest configuration',
      ],
      names.map(tally),
    ),
    '**in** and **out**: let in and refused; bold where that is not the safe answer. –: it refused the honest request that the case begins with, such as a proof dated ahead, so there was nothing to try. ¹ right in its strictest configuration. ² the standards leave this open; the reason for our choice stands below.',
    'A library is run as its documentation says, with binding required where it has an option for that. Each case begins and ends with an honest request that has to be let in: a refusal between refusals would show nothing.',
    ...Object.entries(GROUPS).flatMap(([group, title]) => [`## ${title}`, groupTable(group)]),
    '## What to make of it',
    ...REMARKS.map((remark) => `- ${remark}`),
    '## Why that is the safe answer',
    table(
      ['what is sent', 'because'],
      rows.map(({ case: title, because }) => [title, because]),
    ),
    '## Repeat it',
    '```sh\nnpm run compare && npm run docs\n```',
    'It ends with an error where Everyhop is wrong about any case.',
  ])
}

const GROUPS = { proof: 'The proof', replay: 'Replay', token: 'The token and its binding', transport: 'The fields' }

/** What the bare table does not say, for fairness. */
const REMARKS = [
  '**oauth4webapi, auth0 and openid4vc keep no record of proofs** and say so; whoever uses them adds one. openid4vc does not check the age of a proof either. Every replay row follows from that.',
  '**better-auth, atproto and solid have no option that requires binding**: whether a bearer token will do is left to the application, which must look at `cnf` itself.',
  '**Only Everyhop and auth0 know certificates.** Where the others let in a certificate-bound token with its certificate, they have not looked at it; oauth4webapi and solid refuse every such token, which is safe. auth0 needs its options for it.',
  '**solid implements Solid-OIDC**, where `ath` came later than the libraries and bearer tokens are allowed. Some of its answers are those of that specification.',
  '**atproto and express-oauth2-dpop always demand a nonce.** That shortens what a thief can do with a proof made in advance, at the price of one more round trip for clients; the cases give them the nonce they ask for.',
  '**Everyhop refuses more than the standards ask** in the rows marked ²: clients that send an `iat` up to five minutes old, a `cnf` with methods nobody here knows, or repeated claims, work elsewhere and not here. The window, and the unknown members of `cnf`, can be set per issuer or policy.',
  '**After a restart without a shared store** Everyhop refuses, for some seconds, what honest clients had sent just before it began: the price of not knowing. With a shared store nobody notices.',
  '**Libraries for Express, and those on Fetch, see what Node’s header map leaves**: of a second Authorization field nothing, of repeated fields one that is joined. They cannot refuse what they are not shown; Everyhop reads the fields as they came.',
  'Not installable here, so not measured: `@auth0/auth0-api-js`, `@middy/http-dpop`, `@alien-id/sso-agent-id`. oidc-provider verifies proofs at its own endpoints only.',
]

/** @param {'accepted' | 'refused' | 'not applicable'} answer
 * @param {'accept' | 'refuse'} want */
const isRight = (answer, want) => (answer === 'accepted') === (want === 'accept')

/** @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** @param {string} title
 * @param {readonly string[]} parts */
const page = (title, parts) =>
  `# ${title}\n\n<!-- Generated from the figures in bench/ by npm run docs: measure again, and do not change this page. -->\n\n${joined(parts)}\n`

/** Items of a list stand together.
 * @param {readonly string[]} parts */
const joined = (parts) =>
  parts.map((part, index) => (index === 0 ? part : `${part.startsWith('- ') && parts[index - 1]?.startsWith('- ') ? '\n' : '\n\n'}${part}`)).join('')
