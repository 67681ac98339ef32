import { createHash } from 'node:crypto'
import type { Chain, ControlVerdict, Finding, Position, Report } from '@everyhop/chain'
import { CONTROLS, type Control } from '@everyhop/controls'
import { hopsOf, inOrder, positionOf, sayHop, type Reported } from './render-place.js'

/**
 * SARIF 2.1.0: a run for each chain, a rule for each control (attacks come and go, what must hold stays), a result for
 * each finding at the manifest's line. What stays unproven or is waived has no result: it is told as a notification.
 */
export function renderSarif(reports: readonly Reported[]): string {
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: reports.map(renderRun) }, null, 2)}\n`
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

function renderRun({ report, chain }: Reported) {
  const { verdict, assurance, manifest, permission, evidence, baseline, revocation } = report
  const ids = [...new Set([...report.controls, ...report.findings].map(({ control }) => control))].sort(inOrder)
  const findings = report.findings.toSorted((left, right) => inOrder(orderOf(left), orderOf(right)))
  return {
    tool: { driver: { name: 'Everyhop', rules: ids.map((id) => renderRule(id, CONTROLS.get(id))) } },
    // The part before the last slash names the kind of run: services keep the results of two chains apart by it.
    automationDetails: { id: `everyhop/${report.chain}/${report.environment}/` },
    invocations: [
      {
        executionSuccessful: true,
        startTimeUtc: report.startedAt,
        toolExecutionNotifications: report.controls.filter(isOpen).toSorted(byControl).map(renderNotification),
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: findings.map((finding) => renderResult(finding, { report, chain, rule: ids.indexOf(finding.control) })),
    // What is fixed is told here and is no result: a service that does not know `absent` would show it as open.
    properties: { verdict, assurance, manifest, permission, evidence, baseline, revocation },
  }
}

const orderOf = (finding: Finding): string => JSON.stringify([finding.control, hopsOf(finding), finding.attack])
const isOpen = ({ verdict }: ControlVerdict): boolean => verdict === 'unproven' || verdict === 'waived'
const byControl = (left: ControlVerdict, right: ControlVerdict): number => inOrder(left.control, right.control) || inOrder(left.place, right.place)

const renderNotification = ({ control, place, owner, verdict, reason, waiver }: ControlVerdict) => ({
  level: verdict === 'waived' ? 'note' : 'warning',
  associatedRule: { id: control },
  message: { text: plain(`${control} at ${place} (${owner}) is ${verdict}${waiver === undefined ? '' : ` under ${waiver}`}: ${reason}`) },
})

/** On the scale of CVSS, by which code-scanning services sort. */
const SCORES = { critical: '9.5', high: '8.0', medium: '5.5' } as const satisfies Record<Finding['severity'], string>

function renderRule(id: string, control: Control | undefined) {
  if (control === undefined) return { id }
  const { title, statement, remedy, severity, layer, frameworks } = control
  return {
    id,
    name: title,
    shortDescription: { text: title },
    fullDescription: { text: statement },
    help: { text: `${statement}\n\nWhen it is broken: ${remedy}`, markdown: `${statement}\n\n**When it is broken:** ${remedy}` },
    defaultConfiguration: { level: severity === 'medium' ? 'warning' : 'error' },
    properties: { 'security-severity': SCORES[severity], tags: [...new Set(['security', layer])], layer, frameworks },
  }
}

type Context = { readonly report: Report; readonly chain: Chain | undefined; readonly rule: number }

function renderResult(finding: Finding, { report, chain, rule }: Context) {
  const { attack, control, hop, layer, owner, contact, severity, outcome, frameworks, remedy, reproduce, route, waiver } = finding
  const at = finding.at ?? positionOf(chain, hopsOf(finding)[0]!)
  return {
    ruleId: control,
    ruleIndex: rule,
    level: levelOf(finding),
    ...(finding.change && { baselineState: finding.change === 'new' ? 'new' : 'unchanged' }),
    message: { text: plain(messageOf(finding)) },
    locations: [locate(hopsOf(finding), at)],
    ...(finding.coFaults.length > 0 && {
      relatedLocations: finding.coFaults.map((fault, id) => ({
        id,
        ...locate([fault.hop], positionOf(chain, fault.hop)),
        message: { text: plain(`${fault.hop} (${fault.layer}, ${fault.owner}): ${fault.control}: ${fault.reason}`) },
      })),
    }),
    partialFingerprints: fingerprintsOf(finding, report),
    properties: { attack, hop, layer, owner, contact, control, severity, outcome, frameworks, remedy, reproduce, route, waiver },
  }
}

/** Only an attack that got in is an error; what could not be told is a warning, what something else hid is a note. */
function levelOf({ outcome, severity }: Finding): 'error' | 'warning' | 'note' {
  switch (outcome) {
    case 'breached':
      return severity === 'medium' ? 'warning' : 'error'
    case 'inconclusive':
      return 'warning'
    case 'masked':
      return 'note'
  }
}

const messageOf = (finding: Finding): string =>
  [
    `${finding.title} (${finding.attack}, ${finding.outcome}) at ${sayHop(finding)}: ${finding.owner} (${finding.layer}, ${finding.contact}).`,
    ...finding.evidence,
    `What to do: ${finding.remedy}`,
  ].join('\n')

function locate(hops: readonly string[], at: Position | undefined) {
  return {
    ...(at && { physicalLocation: { artifactLocation: artifactOf(at.file), region: { startLine: at.line, startColumn: at.column } } }),
    logicalLocations: hops.map((name) => ({ name, kind: 'hop' })),
  }
}

/** A relative file is meant from the root of the sources; an absolute one stays where it is. */
function artifactOf(file: string): { readonly uri: string; readonly uriBaseId?: string } {
  const segments = file
    .replace(/[\uD800-\uDFFF]/gu, '\uFFFD')
    .replaceAll('\\', '/')
    .replace(/^(?:\.\/)+/, '')
    .split('/')
  const path = segments.map(encodeURIComponent).join('/')
  if (path.startsWith('/')) return { uri: `file://${path}` }
  return /^[A-Za-z]:\//.test(file.replaceAll('\\', '/')) ? { uri: `file:///${path.replace('%3A', ':')}` } : { uri: path, uriBaseId: '%SRCROOT%' }
}

/**
 * The same fault has the same fingerprint in every run, also after the manifest's lines moved or its words changed.
 * `primaryLocationLineHash` is the one that GitHub compares: it would else take two faults on one line for one.
 */
function fingerprintsOf(finding: Finding, { chain, environment }: Report) {
  const named = JSON.stringify([chain, environment, finding.control, finding.attack, hopsOf(finding), finding.route ?? ''])
  const hash = createHash('sha256').update(named).digest('hex')
  return { 'everyhopFinding/v1': hash, primaryLocationLineHash: `${hash.slice(0, 16)}:1` }
}

/** Viewers make links of `[words](target)` also in plain text: what came over the network makes none, and steers no terminal. */
const plain = (text: string): string => text.replaceAll('](', '] (').replace(/[^\P{Cc}\n]/gu, '?')
