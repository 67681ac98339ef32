import type { ControlVerdict, Finding, Report } from '@everyhop/chain'
import { CONTROLS } from '@everyhop/controls'
import { sayBaseline } from './render-baseline.js'
import { hopsOf, inOrder, positionOf, sayHop, type Reported } from './render-place.js'

/**
 * JUnit XML, in the members that GitLab and Jenkins read. One suite a team, because a red suite is handed to somebody, and
 * a hop may be the matter of several teams; one case for each control at each place. Only what an attack showed to hold
 * passes: what is unproven, waived or not applicable is skipped, with its reason.
 */
export function renderJunit(reports: readonly Reported[]): string {
  const suites = reports.flatMap(renderSuites)
  const total = countsOf(reports.flatMap(({ report }) => report.controls))
  const seconds = reports.reduce((sum, { report }) => sum + report.durationMs, 0) / 1000
  return ['<?xml version="1.0" encoding="UTF-8"?>', element('testsuites', { name: 'everyhop probe', ...total, time: seconds.toFixed(3) }, suites), ''].join(
    '\n',
  )
}

function renderSuites({ report, chain }: Reported): readonly string[] {
  const teams = [...new Set(report.controls.map(({ owner }) => owner))].sort(inOrder)
  return teams.map((team) => {
    const controls = report.controls
      .filter(({ owner }) => owner === team)
      .toSorted((left, right) => inOrder(left.control, right.control) || inOrder(left.place, right.place))
    const cases = controls.map((control) => renderCase(control, { report, ...(chain && { chain }) }))
    const name = `${report.chain} (${report.environment}): ${team}`
    return element('testsuite', { name, ...countsOf(controls), timestamp: report.startedAt }, [propertiesOf(report, team), ...cases])
  })
}

function propertiesOf({ manifest, verdict, assurance, baseline }: Report, team: string): string {
  const changed = baseline && { baseline: baseline.startedAt, since: sayBaseline(baseline), sinceVerdict: baseline.verdict }
  const properties = Object.entries({ team, manifest, verdict, assurance, ...changed })
  return element(
    'properties',
    {},
    properties.map(([name, value]) => element('property', { name, value })),
  )
}

function countsOf(controls: readonly ControlVerdict[]) {
  const failures = controls.filter(({ verdict }) => verdict === 'broken').length
  const passed = controls.filter(({ verdict }) => verdict === 'holds').length
  return { tests: controls.length, failures, errors: 0, skipped: controls.length - failures - passed }
}

function renderCase(judged: ControlVerdict, { report, chain }: Reported): string {
  const { control, place } = judged
  const at = positionOf(chain, place)
  return element(
    'testcase',
    {
      name: `${control} ${CONTROLS.get(control)?.title ?? ''}`.trimEnd(),
      // Dots separate packages for those who draw a tree of it: they belong to us only.
      classname: [report.chain, report.environment, place].map((part) => part.replaceAll('.', '_')).join('.'),
      ...(at && { file: at.file, line: at.line }),
    },
    renderResult(judged, report.findings),
  )
}

function renderResult(judged: ControlVerdict, findings: readonly Finding[]): readonly string[] {
  const { verdict, reason, waiver } = judged
  switch (verdict) {
    case 'holds':
      return []
    case 'broken':
      // In an attribute a line end would become a space; in text it is one, and the raw file stays readable.
      return [element('failure', { type: 'broken', message: reason }, [escapeXml(explain(judged, findings)).replaceAll('&#10;', '\n')])]
    case 'waived':
      return [element('skipped', { message: `waived${waiver === undefined ? '' : ` under ${waiver}`}: ${reason}` })]
    default:
      return [element('skipped', { message: `${verdict}: ${reason}` })]
  }
}

/** What whoever opens the failed case needs: what was done, what was seen, what to do, and how to see it again. */
function explain({ control, place, reason }: ControlVerdict, findings: readonly Finding[]): string {
  const own = findings.filter((finding) => finding.control === control && hopsOf(finding).includes(place))
  const shared = findings.filter(({ coFaults }) => coFaults.some((fault) => fault.hop === place && fault.control === control))
  const about = [...new Set([...own, ...shared])].toSorted((left, right) => inOrder(left.attack, right.attack))
  if (about.length === 0) return reason
  return about
    .map((finding) =>
      [
        `${finding.attack} ${finding.title}${finding.change === undefined ? '' : ` (${finding.change})`}`,
        `at ${sayHop(finding)} (${finding.layer}, ${finding.owner}, ${finding.contact}), ${finding.severity}`,
        ...finding.evidence.map((line) => `seen: ${line}`),
        `do: ${finding.remedy}`,
        `again: ${finding.reproduce}`,
      ].join('\n'),
    )
    .join('\n\n')
}

/** Children are XML already; attributes are not. */
function element(name: string, attributes: Readonly<Record<string, string | number>>, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
  const start = `<${name}${written.join('')}`
  if (children.length === 0) return `${start}/>`
  const isText = children.length === 1 && !children[0]!.startsWith('<')
  return isText ? `${start}>${children[0]}</${name}>` : `${start}>\n${children.join('\n')}\n</${name}>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** For text and attributes alike. XML 1.0 has no way to write most control characters and lone surrogates: they become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (char) => ENTITIES[char]!)
    .replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`)
}
