import type { Verdict } from '@everyhop/chain'
import type { Comparison, DifferingControl, UntriedAttack } from './compare-reports.js'
import { code, words } from './markdown.js'

type Section = { readonly title: string; readonly lines: readonly string[] }

/** For people: both verdicts in columns, what differs with its owner, and what was never tried, by reason. */
export function renderComparison(comparison: Comparison): string {
  const { chain, environments } = comparison
  const names = environments.map(({ environment }) => environment)
  const table = [
    ['', ...names],
    ['outcome', ...environments.map(({ verdict }) => verdict)],
    ['assurance', ...environments.map(({ assurance }) => assurance)],
    ['class', ...environments.map((one) => one.class)],
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const rows = table.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
  const sections = sectionsOf(comparison).flatMap(({ title, lines }) => ['', title, ...(lines.length === 0 ? ['  nothing'] : lines.map((line) => `  ${line}`))])
  return plain([`${chain}: ${names.join(' beside ')}`, '', ...rows, ...sections, ''].join('\n'))
}

/** The same, for a comment on a change. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const { chain, environments } = comparison
  const rows = environments.map(({ environment, verdict, assurance, class: level }) => `| ${words(environment)} | ${verdict} | ${assurance} | ${level} |`)
  const sections = sectionsOf(comparison).map(({ title, lines }) =>
    [`**${words(title)}**`, '', ...(lines.length === 0 ? ['nothing'] : lines.map((line) => `- ${code(line)}`))].join('\n'),
  )
  return `${[`### ${words(chain)}`, ['| environment | outcome | assurance | class |', '|---|---|---|---|', ...rows].join('\n'), ...sections].join('\n\n')}\n`
}

function sectionsOf({ environments: [left, right], controls, untried }: Comparison): readonly Section[] {
  const holdsIn = (index: 0 | 1) => controls.filter(({ verdicts }) => verdicts[index] === 'holds')
  const others = controls.filter(({ verdicts }) => !verdicts.includes('holds'))
  const names = [left.environment, right.environment] as const
  return [
    { title: `Holds in ${names[0]}, and not in ${names[1]}:`, lines: aligned(holdsIn(0), (one) => sayVerdict(one, 1)) },
    { title: `Holds in ${names[1]}, and not in ${names[0]}:`, lines: aligned(holdsIn(1), (one) => sayVerdict(one, 0)) },
    ...(others.length === 0
      ? []
      : [
          { title: 'Holds in neither, and differs:', lines: aligned(others, ({ verdicts }) => `${verdicts[0]} in ${names[0]}, ${verdicts[1]} in ${names[1]}`) },
        ]),
    ...names.map((name) => untriedIn(untried, name)),
  ]
}

const sayVerdict = ({ verdicts, reasons }: DifferingControl, index: 0 | 1): string => {
  const verdict: Verdict | 'absent' = verdicts[index]
  return verdict === 'absent' ? 'absent: nothing is said of it there' : `${verdict}: ${reasons[index]}`
}

function aligned(controls: readonly DifferingControl[], say: (one: DifferingControl) => string): readonly string[] {
  const width = (of: (one: DifferingControl) => string) => Math.max(0, ...controls.map((one) => of(one).length))
  const [places, owners] = [width(({ place }) => place), width(({ owner }) => owner)]
  return controls.map((one) => `${one.control}  ${one.place.padEnd(places)}  ${one.owner.padEnd(owners)}  ${say(one)}`)
}

/** Attacks that share a reason stand together. */
function untriedIn(untried: readonly UntriedAttack[], name: string): Section {
  const here = untried.filter((one) => one.in.includes(name)).map((one) => ({ attack: one.attack, reason: one.reasons[one.in.indexOf(name)] ?? '' }))
  const reasons = [...new Set(here.map(({ reason }) => reason))]
  const lines = reasons.map((reason) => {
    const ids = here.filter((one) => one.reason === reason).map(({ attack }) => attack)
    return `${reason}: ${ids.join(', ')}`
  })
  return { title: `Never tried in ${name}: ${here.length} ${here.length === 1 ? 'attack' : 'attacks'}`, lines }
}

/** What came over the network must not steer a terminal. */
const plain = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, '?')
