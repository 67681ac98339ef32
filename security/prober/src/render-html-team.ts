import type { Chain, ControlVerdict, Finding, Layer, Report } from '@everyhop/chain'
import { CONTROLS } from '@everyhop/controls'
import { html, type Html } from './html.js'
import { inOrder, sayHop } from './render-place.js'
import { sayVerdict } from './render-html-chain.js'

/** What one team is handed: the findings that are its own, those where it should have refused as well, and all its controls. */
export type TeamPart = {
  readonly team: string
  readonly layer?: Layer
  readonly contact?: string
  readonly findings: readonly Finding[]
  readonly shared: readonly Finding[]
  readonly controls: readonly ControlVerdict[]
}

/** Every team that answers for something, those with findings first. */
export function teamsOf(report: Report, chain: Chain | undefined): readonly TeamPart[] {
  const named = [
    ...report.findings.flatMap(({ owner, coFaults }) => [owner, ...coFaults.map((fault) => fault.owner)]),
    ...report.controls.map(({ owner }) => owner),
  ]
  const parts = [...new Set(named)].sort(inOrder).map((team): TeamPart => {
    const findings = report.findings.filter(({ owner }) => owner === team)
    const shared = report.findings.filter(({ owner, coFaults }) => owner !== team && coFaults.some((fault) => fault.owner === team))
    const known = findings[0] ?? shared.flatMap(({ coFaults }) => coFaults).find(({ owner }) => owner === team) ?? chain?.teams.get(team)
    return {
      team,
      ...(known && { layer: known.layer, contact: known.contact }),
      findings,
      shared,
      controls: report.controls
        .filter(({ owner }) => owner === team)
        .toSorted((left, right) => inOrder(left.control, right.control) || inOrder(left.place, right.place)),
    }
  })
  const rank = ({ findings, shared }: TeamPart): number => (findings.length > 0 ? 0 : shared.length > 0 ? 1 : 2)
  return parts.toSorted((left, right) => rank(left) - rank(right))
}

export const sayCount = ({ findings, shared }: TeamPart): string => {
  const own = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`
  return shared.length === 0 ? own : `${own}, ${shared.length} shared`
}

/** `id` is ours: names of teams are text, and text is no anchor. */
export function renderTeam(part: TeamPart, id: string): Html {
  const { team, layer, contact, findings, shared, controls } = part
  const faults = [...groupBy(findings, ({ hop, control, outcome }) => JSON.stringify([hop, control, outcome])).values()]
  return html`<section class="team" aria-labelledby="${id}">
    <h4 id="${id}">${team}</h4>
    <p class="muted">${[layer, contact].filter((text) => text !== undefined).join(', ')}${layer === undefined ? '' : ': '}${sayCount(part)}</p>
    ${faults.map(renderFault)}${renderShared(team, shared)}${controls.length === 0 ? undefined : renderControls(team, controls)}
  </section> `
}

function renderFault(group: readonly Finding[]): Html {
  const [first] = group as [Finding]
  const { control, severity, outcome, remedy, coFaults, frameworks, waiver, at, route } = first
  const evidence = [...new Set(group.flatMap((finding) => finding.evidence))]
  const maps = Object.entries(frameworks).filter(([, ids]) => ids.length > 0)
  return html`<article class="fault ${outcome === 'breached' ? 'breached' : ''}">
    <h5>${outcome === 'breached' ? sayVerdict('broken') : sayVerdict('unproven')} ${sayHop(first)}: ${CONTROLS.get(control)?.title ?? control}</h5>
    <p>
      ${control}, ${severity},
      ${outcome}${waiver === undefined ? '' : `, waiver ${waiver}`}${route === undefined ? '' : `, route ${route}`}${at === undefined ? '' : `, ${at.file}:${at.line}`}
    </p>
    <dl>
      <dt>What to do</dt>
      <dd>${remedy}</dd>
      <dt>What was seen</dt>
      <dd>
        <ul>
          ${evidence.map((line) => html`<li>${line}</li> `)}
        </ul>
      </dd>
      ${
        coFaults.length === 0
          ? undefined
          : html`<dt>Should have refused it as well</dt>
              <dd>
                <ul>
                  ${coFaults.map((fault) => html`<li>${fault.hop}: ${fault.owner} (${fault.layer}, ${fault.contact}), ${fault.control}: ${fault.reason}</li> `)}
                </ul>
              </dd> `
      }
      <dt>What got in, and how to see it again</dt>
      <dd>
        ${group.map(
          ({ attack, title, reproduce, change }) =>
            html`<p>${attack} ${title}${change === undefined ? '' : html` <strong>(${change})</strong>`}</p>
              <pre><code>${reproduce}</code></pre> `,
        )}
      </dd>
      ${
        maps.length === 0
          ? undefined
          : html`<dt>Maps to</dt>
              <dd>${maps.map(([framework, ids]) => `${framework}: ${ids.join(', ')}`).join('; ')}</dd> `
      }
    </dl>
  </article> `
}

function renderShared(team: string, shared: readonly Finding[]): Html | undefined {
  if (shared.length === 0) return undefined
  const rows = shared.flatMap((finding) => finding.coFaults.filter(({ owner }) => owner === team).map((fault) => ({ finding, fault })))
  return html`<p>Broken elsewhere first, and to be refused here as well:</p>
    <ul>
      ${rows.map(({ finding, fault }) => html`<li>${fault.hop}, ${fault.control}: ${fault.reason} (${finding.attack} ${finding.title}; first at ${sayHop(finding)}, ${finding.owner}) <code>${finding.reproduce}</code></li> `)}
    </ul> `
}

const renderControls = (team: string, controls: readonly ControlVerdict[]): Html =>
  html`<div class="scroll" role="region" tabindex="0" aria-label="Controls of ${team}">
    <table>
      <caption>
        Controls of ${team}
      </caption>
      <thead>
        <tr>
          <th scope="col">Control</th>
          <th scope="col">At</th>
          <th scope="col">Verdict</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        ${controls.map(
          ({ control, place, verdict, reason, waiver }) =>
            html`<tr>
              <th scope="row">${control}</th>
              <td>${place}</td>
              <td>${sayVerdict(verdict)}</td>
              <td>${waiver === undefined ? '' : `${waiver}: `}${reason} <span class="muted">${CONTROLS.get(control)?.title}</span></td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `

function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}
