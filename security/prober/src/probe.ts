import { setTimeout as sleep } from 'node:timers/promises'
import type { AttackResult, Chain, ControlId, Finding, Report } from '@everyhop/chain'
import type { Attack, Exchange, Sighting } from './attack.js'
import { attribute, decides, lostCredentials, type Sightings } from './attribution.js'
import { whyNot } from './applicability.js'
import { BudgetError, createBudget } from './budget.js'
import { CATALOGUE } from './catalogue.js'
import { covers, permissionFor, type Class } from './consent.js'
import { findingOf } from './findings.js'
import { narrowed } from './narrow.js'
import { lookupTxt, type Resolve } from './origin.js'
import { InterruptedError } from './interrupted.js'
import { measureRevocation, notMeasured } from './measure-revocation.js'
import { AttackError } from './own-attack.js'
import { asObserved, observationOf, observedIn } from './observed.js'
import { isWanted } from './plan.js'
import { attributeRefusal } from './refused-honest.js'
import { createRecogniser } from './recognise.js'
import { redacted } from './redact.js'
import { runAttack, type Run } from './run-attack.js'
import { runBehind } from './run-behind.js'
import type { Runner } from './runner-file.js'
import { openSession, type Session, type Way } from './session.js'
import { createTransport, type Transport } from './transport.js'
import { assuranceOf, judgeControls, judgeHops, outcomeOf, type Evidence } from './verdicts.js'
import { wayTo } from './way.js'

export type Progress = { readonly done: number; readonly of: number; readonly attack: string; readonly outcome?: string }

export type ProbeOptions = {
  readonly chain: Chain
  readonly runner: Runner
  /** Ids, or families; default all. */
  readonly only?: readonly string[]
  readonly attacks?: readonly Attack[]
  /** The command line that findings say how to repeat; `everyhop probe` by default. */
  readonly command?: string
  /** Chooses which requests go without a run tag; the same seed chooses the same. */
  readonly seed?: number
  /** Requests that the run may send at most; default 5,000. */
  readonly maxRequests?: number
  /** How often the time to the end of what was revoked is measured, after the attacks; not at all by default. */
  readonly revocationSamples?: number
  readonly onProgress?: (progress: Progress) => void
  /** Epoch milliseconds. */
  readonly clock?: () => number
  readonly wait?: (ms: number) => Promise<void>
  readonly resolve?: Resolve
  /** The TXT records of a name; those of the system's resolver by default. */
  readonly lookupTxt?: (name: string) => Promise<readonly string[]>
  /** Ends the run before the next attack. Its tokens are revoked all the same, and `probe` rejects with InterruptedError. */
  readonly signal?: AbortSignal
}

/** A token, and requests every few milliseconds until all refuse, for each thing that can be revoked. */
const REQUESTS_OF_A_SAMPLE = 2_000

/** A honest request refused this often in a row is an outage, not a chain under test. */
const ERROR_BUDGET = 3

/** Attacks the chain, and says what held, what did not, and whose it is. Throws TypeError for a manifest or runner file that leaves nothing to probe. */
export async function probe(options: ProbeOptions): Promise<Report> {
  const { chain, runner, onProgress } = options
  const clock = options.clock ?? Date.now
  const wait = options.wait ?? ((ms: number) => sleep(ms))
  const now = () => clock() / 1000
  const startedAt = clock()
  if (!chain.probe) throw new TypeError('the manifest names no canary clients and resource: add "probe"')
  const way = wayTo(chain, chain.probe.resource)

  const recogniser = createRecogniser(runner.canaryKey)
  // Until consent is known: asking for it is a request too.
  const cautious = createBudget({ requestsPerSecond: 1, max: 50, clock, wait })
  const scout = await createTransport({ chain, runner, entry: way.entry, budget: cautious, recogniser, ...pick(options.resolve) })
  const permission = await permissionFor(
    { chain, origins: scout.origins, runnerKey: runner.key, now: now() },
    {
      fetch: async ({ origin }, path) => {
        const answer = await scout.request(origin, { method: 'GET', target: path, fields: [] })
        return 'failed' in answer || answer.status !== 200 ? undefined : answer.body
      },
      txt: options.lookupTxt ?? lookupTxt,
    },
  )
  const budget = createBudget({ requestsPerSecond: permission.requestsPerSecond, max: options.maxRequests ?? 5_000, clock, wait })
  const transport = await createTransport({ chain, runner, entry: way.entry, budget, recogniser, ...pick(options.resolve) })
  const session = await openSession({ chain, runner, way, transport, now, wait })
  const attacks = (options.attacks ?? CATALOGUE).filter(({ id }) => isWanted(id, options.only))
  const results: AttackResult[] = []
  const evidence: Evidence[] = []
  const findings: Finding[] = []
  const { seed = 1 } = options
  const isUntagged = thirds(seed)
  let refusals = 0
  let revocation: Report['revocation']
  const means: Means = { session, transport, ...(options.command === undefined ? {} : { command: options.command }) }
  try {
    await recogniser.learn(session, transport)
    for (const [index, attack] of attacks.entries()) {
      if (options.signal?.aborted) throw new InterruptedError()
      onProgress?.({ done: index, of: attacks.length, attack: attack.id })
      const began = clock()
      const record = (outcome: AttackResult['outcome'], reason: string): void => {
        results.push({
          attack: attack.id,
          title: attack.title,
          control: attack.control,
          class: attack.prod,
          outcome,
          reason,
          route: way.route.pattern,
          durationMs: Math.round(clock() - began),
        })
        onProgress?.({ done: index + 1, of: attacks.length, attack: attack.id, outcome })
      }
      const skipped =
        refusals >= ERROR_BUDGET
          ? ({ outcome: 'not-run', reason: 'honest requests are refused: nothing can be learnt' } as const)
          : whyNot(attack, chain, runner, session, permission.class)
      if (skipped) {
        record(skipped.outcome, skipped.reason)
        continue
      }
      // A field that must not arrive can only be missed by a witness that knows the request.
      const needsWitness = attack.kind === 'forge' && attack.mustNotArrive !== undefined
      const isTagged = !isUntagged() || chain.production || needsWitness
      const run = await runOnce(attack, session, transport, isTagged)
      const inner = await runBehind(run, session, transport)
      refusals = run.refused ? refusals + 1 : 0
      const said: Pick<Run, 'outcome' | 'reason'>[] = []
      const observation = run.isElsewhere ? undefined : observationOf(chain, way, now())
      for (const one of inner === undefined ? [run] : [run, inner]) {
        if (one.outcome === 'not-applicable') {
          said.push(one)
          continue
        }
        const at = one === inner ? way.application : await placeOf(chain, way, one, transport)
        const judged = {
          ...(await judge(chain, way, one, means)),
          attack: attack.id,
          control: shownBy(one),
          reason: one.reason,
        }
        const seen = at === undefined ? judged : { ...judged, at }
        const { finding, ...shown } = observation ? asObserved(seen, one.judged ?? {}, way.application, observation) : seen
        evidence.push(shown)
        if (finding) findings.push(finding)
        // What was told of the run itself, unless the route being observed takes its meaning away.
        said.push(shown.reason === one.reason ? one : shown)
      }
      const [first, second] = said as [(typeof said)[0], (typeof said)[0]?]
      record(second?.outcome === 'breached' ? 'breached' : first.outcome, second === undefined ? first.reason : `${first.reason}; ${second.reason}`)
    }
    if (options.revocationSamples !== undefined) {
      const samples = options.revocationSamples
      budget.extend(samples * REQUESTS_OF_A_SAMPLE)
      const permitted = covers(permission.class, 'P2') && refusals < ERROR_BUDGET
      const measuring = {
        chain,
        runner,
        session,
        transport,
        samples,
        clock,
        wait,
        ...(options.signal && { signal: options.signal }),
        ...(onProgress && { onProgress }),
      }
      const measured = permitted
        ? await measureRevocation(measuring)
        : { measures: notMeasured('it needs class P2 and honest requests that are let in'), open: [] }
      revocation = measured.measures
      for (const run of measured.open) {
        const { finding, ...shown } = await judge(chain, way, run, means)
        evidence.push({ ...shown, attack: run.attack.id, control: run.attack.control, reason: run.reason })
        if (finding) findings.push({ ...finding, reproduce: `${options.command ?? 'everyhop probe'} --measure revocation` })
      }
    }
  } finally {
    budget.extend(session.issued())
    await session.cleanUp()
  }

  const controls = judgeControls(chain, way, evidence, now())
  return redacted<Report>({
    schema: 'everyhop.report/1',
    chain: chain.name,
    environment: chain.environment,
    manifest: chain.digest,
    verdict: outcomeOf(controls),
    assurance: assuranceOf(controls),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round(clock() - startedAt),
    requests: budget.spent() + cautious.spent(),
    hops: judgeHops(chain, controls),
    controls,
    findings: onceEach(findings),
    attacks: results,
    evidence: {
      witnesses: [...runner.witnesses.keys()].filter((hop) => chain.hops.has(hop)),
      directIngress: [...chain.hops.values()].filter(({ ingress }) => ingress !== undefined).map(({ id }) => id),
      canary: runner.canaryKey !== undefined,
    },
    ...observedIn(chain, now()),
    seed,
    ...(revocation && { revocation }),
    permission: { class: permission.class satisfies Class, requestsPerSecond: permission.requestsPerSecond, reason: permission.reason },
  })
}

/** A breach that was not tagged left no trace at a witness: it is shown once more, with the tag, to tell where it got in. */
async function runOnce(attack: Attack, session: Session, transport: Transport, isTagged: boolean): Promise<Run> {
  try {
    const run = await runAttack(attack, session, transport, { isTagged })
    if (run.outcome !== 'breached' || isTagged || attack.kind === 'scripted') return run
    const again = await runAttack(attack, session, transport)
    return again.outcome === 'breached' ? again : run
  } catch (error) {
    const isOurs = error instanceof BudgetError || error instanceof AttackError
    const reason = isOurs ? error.message : 'the attack could not be carried out'
    return { attack, outcome: 'inconclusive', reason }
  }
}

type Means = { readonly session: Session; readonly transport: Transport; readonly command?: string }

async function judge(
  chain: Chain,
  way: Way,
  run: Run,
  { session, transport, command = 'everyhop probe' }: Means,
): Promise<Pick<Evidence, 'attribution' | 'outcome'> & { readonly finding?: Finding }> {
  const { attack, judged, refused, place, alsoAt = [], outcome, isBelieved = true } = run
  const seenOf = async (exchange: Exchange): Promise<Sightings> =>
    narrowed(chain, way, exchange, await sightingsOf(exchange, way, transport), { session, transport })
  const where = { route: way.route.pattern, command }
  if (refused) {
    const { attribution, isBroken } = attributeRefusal(chain, way, refused, await seenOf(refused.exchange))
    const shown = isBroken ? 'breached' : 'inconclusive'
    return { attribution, outcome: shown, finding: findingOf(chain, { id: 'BASE-01', title: 'An honest request is refused' }, shown, attribution, where) }
  }
  if (outcome !== 'breached') return { outcome: outcome === 'not-applicable' ? 'inconclusive' : outcome }
  const sightings = judged ? await seenOf(judged.exchange) : new Map<string, Sighting>()
  const isInterop = attack.kind === 'forge' && attack.expect === 'accepted'
  // Whose refusal it is, is asked as for any other honest request.
  if (isInterop && judged && !judged.answer.accepted) {
    const { attribution } = attributeRefusal(chain, way, judged, sightings)
    return {
      attribution,
      outcome,
      finding: findingOf(chain, { id: attack.id, title: `An honest request is refused: ${attack.title}` }, 'breached', attribution, where),
    }
  }
  const answeredBy = judged?.answer.hop
  const attribution = attribute(chain, way, {
    attack,
    sightings,
    isBelieved,
    ...(answeredBy === undefined ? {} : { answeredBy }),
    ...(judged ? { exchange: judged.exchange } : {}),
    reason: run.reason,
    alsoAt,
    ...(place === undefined ? {} : { place }),
  })
  return { attribution, outcome, finding: findingOf(chain, attack, 'breached', attribution, where) }
}

/** The control that an attack says something about. An application that refuses who came around the hops shows that it asks for their path; the way was open all the same. */
function shownBy({ attack, outcome, judged }: Run): ControlId {
  const isOpenWay = attack.control === 'POP-PL-04' && outcome === 'held' && judged?.answer.failed !== 'unreachable'
  return isOpenWay ? 'POP-AP-06' : attack.control
}

/** Where a refusal came from, so that it counts for no other hop: undefined for what passed them all, `open` where that cannot be told. */
async function placeOf(chain: Chain, { application, path }: Way, { attack, judged, place }: Run, transport: Transport): Promise<string | undefined> {
  if (place === 'issuer' || (place !== undefined && chain.hops.has(place))) return place
  if (judged === undefined) return undefined
  // That it was let in does not show that the proof came through: an application that asks for none lets it in too.
  const isOfProof = attack.control === 'POP-PL-02' && attack.kind === 'forge' && path.length > 0
  if (judged.answer.accepted && isOfProof) return (await isWhole(application, judged.exchange, transport)) ? undefined : 'open'
  if (judged.answer.accepted) return undefined
  const { hop } = judged.answer
  if (hop !== undefined && chain.hops.has(hop)) return hop
  if (judged.exchange.to.at === 'direct') return judged.exchange.to.hop
  // Where no hop has to decide, only the application can have.
  if (path.every((one) => !decides(chain.hops.get(one)))) return application
  return (await transport.seen(application, judged.exchange))?.arrived ? application : 'open'
}

async function isWhole(hop: string, exchange: Exchange, transport: Transport): Promise<boolean> {
  const sighting = await transport.seen(hop, exchange)
  return sighting?.arrived === true && lostCredentials(exchange, sighting).length === 0
}

/** What every witness of the way saw of an exchange. */
async function sightingsOf(exchange: Exchange, { path, application }: Way, transport: Transport): Promise<Sightings> {
  const found = new Map<string, Sighting>()
  for (const hop of [...path, application]) {
    const sighting = await transport.seen(hop, exchange)
    if (sighting) found.set(hop, sighting)
  }
  return found
}

/** True for about a third of the calls. A linear congruential sequence: it chooses, it hides nothing. */
function thirds(seed: number): () => boolean {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state < 0x55555555
  }
}

/** One outage shows in every attack; it is one finding. */
function onceEach(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ attack, hop, evidence }) => {
    const key = JSON.stringify([attack, hop, evidence])
    return !seen.has(key) && seen.add(key)
  })
}

const pick = (resolve: Resolve | undefined): { readonly resolve?: Resolve } => (resolve ? { resolve } : {})
