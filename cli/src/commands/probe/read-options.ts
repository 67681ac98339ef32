import { InvalidArgumentError } from 'commander'
import type { ManifestOptions } from '../../load-chains.js'
import { FORMS, type Form } from './forms.js'

export type Options = ManifestOptions & {
  readonly runner?: readonly string[]
  readonly only?: readonly string[]
  readonly attacks?: string
  readonly format: Form
  readonly output?: string
  readonly also?: readonly Also[]
  readonly seed?: number
  readonly baseline?: string
  readonly failOn?: 'new'
  readonly compare?: readonly [string, string]
  readonly measure?: 'revocation'
  readonly samples?: number
  readonly acceptWaived?: boolean
  readonly require?: 'assurance'
  readonly plan?: boolean
}

export type Also = { readonly form: Form; readonly file: string }

export function readAlso(value: string, before: readonly Also[] = []): readonly Also[] {
  const [, form = '', file = ''] = /^([a-z]+)=(.+)$/.exec(value) ?? []
  if (!Object.hasOwn(FORMS, form)) throw new InvalidArgumentError(`write it as FORM=FILE, with a form of ${Object.keys(FORMS).join(', ')}`)
  return [...before, { form: form as Form, file }]
}

export function readIds(value: string): readonly string[] {
  const ids = value.split(',').map((id) => id.trim())
  if (ids.some((id) => !/^[A-Z]{3,4}(?:-\d{2}[a-z]?)?$/.test(id)))
    throw new InvalidArgumentError('name attacks as `everyhop attacks` lists them, with commas between them')
  return ids
}

export function readSeed(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('it is a whole number')
  return Number(value)
}

export function readSamples(value: string): number {
  if (!/^[1-9]\d?$|^100$/.test(value)) throw new InvalidArgumentError('it is a whole number from 1 to 100')
  return Number(value)
}

export function readEnvironments(value: string): readonly [string, string] {
  const [left = '', right = '', ...more] = value.split(',').map((name) => name.trim())
  if (left === '' || right === '' || more.length > 0) throw new InvalidArgumentError('name two, with a comma between them: staging,production')
  return [left, right]
}

const NO_RUNNER = '--runner FILE is missing: the credentials that the prober uses, kept outside the repository'

/** What does not go together, in a sentence; undefined where all does. */
export function contradiction({ runner = [], plan, compare, baseline, failOn, env, format, also, measure, samples, file = [] }: Options): string | undefined {
  if (samples !== undefined && measure === undefined) return '--samples goes with --measure revocation'
  if (failOn !== undefined && baseline === undefined) return '--fail-on new needs an earlier report to be new to: --baseline FILE'
  const isOfReports = compare?.every((name) => name.endsWith('.json')) ?? false
  if (runner.length === 0 && plan !== true && !isOfReports) return NO_RUNNER
  if (compare === undefined) return runner.length > 1 ? '--runner is given twice: that is for --compare' : undefined
  if (baseline !== undefined) return '--compare is for two environments, --baseline for two runs in one: choose one'
  if (also !== undefined) return 'a comparison is written once: leave --also out'
  if (plan === true) return '--plan is for one environment: use it with --env'
  if (env !== undefined) return '--compare names the environments itself: leave --env out'
  if (file.length > 1) return '--compare is for one manifest'
  if (runner.length > 2) return '--runner is given more than twice: there are two environments'
  return ['text', 'json', 'markdown'].includes(format) ? undefined : 'a comparison is written as text, json or markdown'
}
