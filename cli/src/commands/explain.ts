import type { ControlId } from '@everyhop/chain'
import { controlsFor, CONTROLS, frameworkIds, FRAMEWORKS, type Control } from '@everyhop/controls'
import { didYouMean } from '@everyhop/manifest'
import { CODES, type Code, type Fault } from '@everyhop/proof'
import { Command } from 'commander'
import { colours } from '../colours.js'
import { misuse } from '../exit-code.js'

const FAULTS: Readonly<Record<Fault, string>> = {
  caller: 'the client that sent the request',
  issuer: 'the owner of the issuer',
  hop: 'the owner of the hop before',
  verifier: 'the owner of the hop that refused',
}

export function build(): Command {
  return new Command('everyhop explain')
    .description('Tells all about a code, an attack, a control, or the id of a framework.')
    .argument('<word>', 'proof.replayed, RPL-01, POP-AP-02, NHI-03, PR.AC-4')
    .addHelpText('after', '\nExamples:\n  everyhop explain proof.replayed\n  everyhop explain POP-PL-02\n  everyhop explain RPL-01\n  everyhop explain NHI-03')
    .action(run)
}

async function run(word: string): Promise<void> {
  const text = explainCode(word) ?? explainControl(word) ?? (await explainAttack(word)) ?? explainFramework(word)
  if (text === undefined) misuse(`nothing is called ${JSON.stringify(word)}; ${didYouMean(word, [...Object.keys(CODES), ...CONTROLS.keys()])}`)
  else process.stdout.write(`${text}\n`)
}

function explainCode(word: string): string | undefined {
  if (!Object.hasOwn(CODES, word.toLowerCase())) return undefined
  const code = word.toLowerCase() as Code
  const { fault, error, spec, title } = CODES[code]
  return fields(code, title, { 'who must act': FAULTS[fault], 'OAuth error': error ?? 'none', specification: spec })
}

function explainControl(word: string): string | undefined {
  const control = CONTROLS.get(word.toUpperCase() as ControlId)
  if (control === undefined) return undefined
  const { waiver, freshness } = control
  return fields(`${control.id}  ${control.title}`, control.statement, {
    layer: control.layer,
    'judged at': control.place,
    severity: control.severity,
    'when broken': control.remedy,
    waiver: waiver.allowed
      ? `at most ${waiver.maxDays} days, ${waiver.minApprovals} approvals; needs ${waiver.requiredCompensating.join(', ') || 'nothing more'}`
      : 'never',
    'evidence lives': `telemetry ${freshness.runtimeTelemetry}, probe ${freshness.activeProbe}, review ${freshness.humanReview}`,
    ...Object.fromEntries(Object.entries(control.frameworks).map(([key, ids]) => [FRAMEWORKS[key] ?? key, ids.join(', ')])),
  })
}

async function explainAttack(word: string): Promise<string | undefined> {
  if (!/^[A-Z]{2,5}-\d/i.test(word) || /^NHI/i.test(word)) return undefined
  const { CATALOGUE } = await import('@everyhop/prober')
  const attack = CATALOGUE.find(({ id }) => id.toLowerCase() === word.toLowerCase())
  if (attack === undefined) return undefined
  return fields(`${attack.id}  ${attack.title}`, `Attacks ${attack.control}: ${CONTROLS.get(attack.control)?.title ?? ''}`, {
    layer: attack.layer,
    class: { P1: 'P1, safe in production', P2: 'P2, needs a canary client', P3: 'P3, staging only' }[attack.prod],
    needs: attack.needs.join(', ') || 'nothing',
    specification: attack.spec.join(', '),
    ...('refusedAs' in attack ? { 'refused as': attack.refusedAs.join(', ') } : {}),
    'when it succeeds': CONTROLS.get(attack.control)?.remedy ?? '',
  })
}

function explainFramework(word: string): string | undefined {
  const controls = controlsFor(word)
  if (controls.length === 0) return undefined
  const shown = frameworkIds(word)
  const width = Math.max(...controls.map((control) => control.title.length))
  const title = shown.length === 1 && shown[0] === word.toUpperCase() ? word.toUpperCase() : `${word} is ${shown.join(' and ')}`
  return [
    colours.bold(title),
    '',
    ...controls.map((control: Control) => `  ${control.id}  ${control.title.padEnd(width)}  ${colours.dim(control.layer)}`),
  ].join('\n')
}

function fields(title: string, text: string, rows: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  return [colours.bold(title), '', `  ${text}`, '', ...Object.entries(rows).map(([name, value]) => `  ${colours.dim(name.padEnd(width))}  ${value}`)].join('\n')
}
