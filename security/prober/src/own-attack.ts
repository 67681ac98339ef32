import { CONTROLS } from '@everyhop/controls'
import { NEEDS } from './applicability.js'
import type { Attack, Exchange, ForgeAttack, Lab, Observation, ScriptedAttack } from './attack.js'

/** What an attack of a stranger made, and no run can use. Its message is ours, and quotes nothing. */
export class AttackError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AttackError'
  }
}

type Raw = Readonly<Record<string, unknown>>
type Rule = { readonly holds: (value: unknown, all: Raw) => boolean; readonly said: string; readonly isOptional?: boolean }

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown): boolean =>
    words.includes(value as string)
const isListOf =
  (holds: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(holds)

const COMMON: Readonly<Record<string, Rule>> = {
  id: { holds: (value) => isText(value) && /^[A-Z]{3,4}-\d{2}[a-z]?$/.test(value), said: 'an id such as OWN-01' },
  title: { holds: isText, said: 'a sentence that says what went wrong if it succeeds' },
  control: { holds: (value) => CONTROLS.has(value as never), said: 'a control such as POP-AP-01: `everyhop explain` tells about each' },
  layer: { holds: isOneOf('identity', 'platform', 'application', 'security', 'governance'), said: 'the layer that must act: identity, platform, application' },
  spec: { holds: isListOf(isText), said: 'a list of what demands it: RFC9449§4.3-8, or a rule of your own' },
  prod: { holds: isOneOf('P1', 'P2', 'P3'), said: 'P1 (safe in production), P2 (with a canary client) or P3 (staging only)' },
  needs: {
    holds: isListOf((need) => Object.hasOwn(NEEDS, String(need))),
    said: `a list of what must be there for it to apply, out of ${Object.keys(NEEDS).join(', ')}`,
  },
  kind: { holds: isOneOf('forge', 'scripted'), said: 'forge or scripted' },
}

const isCode = (value: unknown): boolean => isText(value) && /^[a-z-]+\.[a-z-]+$/.test(value)

const FORGE: Readonly<Record<string, Rule>> = {
  expect: { holds: isOneOf('refused', 'no-effect', 'accepted', 'once'), said: 'refused, no-effect, accepted or once' },
  refusedAs: {
    holds: (value, { expect }) => isListOf(isCode)(value) && (value as readonly unknown[]).length > 0 === (expect === 'refused'),
    said: 'the codes of our own refusals that are the right ones, such as [proof.method]; [] where `expect` is not refused',
  },
  forge: { holds: (value) => typeof value === 'function', said: 'a function of (honest, kit) that gives a list of exchanges' },
  mustNotArrive: {
    holds: isListOf((name) => isText(name) && name === name.toLowerCase()),
    said: 'a list of names of fields, in small letters',
    isOptional: true,
  },
}

const SCRIPTED: Readonly<Record<string, Rule>> = {
  run: { holds: (value) => typeof value === 'function', said: 'an async function of (lab) that gives an observation' },
}

/** Reads what a file exports; the problems where it is no attack. What it makes later is checked when it makes it. */
export function readAttack(value: unknown): Attack | readonly string[] {
  if (typeof value !== 'object' || value === null) return ['it must export an object']
  const raw = value as Raw
  const rules = { ...COMMON, ...(raw['kind'] === 'scripted' ? SCRIPTED : FORGE) }
  const wrong = Object.entries(rules).flatMap(([name, { holds, said, isOptional }]) =>
    (raw[name] === undefined && isOptional) || holds(raw[name], raw) ? [] : [`${name}: write ${said}`],
  )
  const unknown = Object.keys(raw)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => `${name}: there is no such member; a ${raw['kind'] === 'scripted' ? 'scripted' : 'forge'} attack has ${Object.keys(rules).join(', ')}`)
  const problems = [...wrong, ...unknown]
  if (problems.length > 0) return problems
  return Object.freeze(raw['kind'] === 'scripted' ? watchScript(value as ScriptedAttack) : watchForge(value as ForgeAttack))
}

const watchForge = (attack: ForgeAttack): ForgeAttack => ({
  ...attack,
  forge(honest, kit) {
    const made: unknown = attack.forge(honest, kit)
    if (!isListOf(isExchange)(made)) throw new AttackError('forge must give a list of exchanges: the honest one with changes, as {...honest, method}')
    return made as readonly Exchange[]
  },
})

const watchScript = (attack: ScriptedAttack): ScriptedAttack => ({
  ...attack,
  async run(lab: Lab) {
    const seen: unknown = await attack.run(lab)
    if (!isObservation(seen))
      throw new AttackError('run must give { outcome, reason }, with an outcome of breached, held, masked, inconclusive or not-applicable')
    return seen
  },
})

const isField = (value: unknown): boolean => isListOf((part) => typeof part === 'string')(value) && (value as readonly unknown[]).length === 2
const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string'
const isTexts = isListOf((item) => typeof item === 'string')

function isExchange(value: unknown): value is Exchange {
  if (typeof value !== 'object' || value === null) return false
  const { method, target, authorization, dpop, fields, trailers, body, certificate, to, from } = value as Raw
  const isSpelt = isText(method) && isText(target) && isTexts(authorization) && isTexts(dpop) && isOptionalText(body) && isOptionalText(from)
  const isPlaced = typeof to === 'object' && to !== null && isOneOf('edge', 'direct', 'base')((to as Raw)['at'])
  return (
    isSpelt && isPlaced && isListOf(isField)(fields) && (trailers === undefined || isListOf(isField)(trailers)) && isOneOf('none', 'own', 'other')(certificate)
  )
}

function isObservation(value: unknown): value is Observation {
  if (typeof value !== 'object' || value === null) return false
  const { outcome, reason } = value as Raw
  return isOneOf('breached', 'held', 'masked', 'inconclusive', 'not-applicable')(outcome) && isText(reason)
}
