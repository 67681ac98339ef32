import { createHash } from 'node:crypto'
import type { AttackResult, Report } from '@everyhop/chain'
import { html, raw, type Html } from './html.js'
import { renderDrawing, sayVerdict } from './render-html-chain.js'
import { STYLE } from './render-html-style.js'
import { renderTeam, sayCount, teamsOf } from './render-html-team.js'
import { REVOCATION_HEAD, revocationRows } from './render-revocation.js'
import { goneLines, sayBaseline } from './render-baseline.js'
import type { Reported } from './render-place.js'
import { summaryLine } from './render-text.js'

/**
 * One page that can be handed on: it fetches nothing, runs nothing, and reads in light, dark and on paper.
 * Its own policy forbids scripts, addresses and every style but ours, so that a mistake of ours could not make it talk either.
 */
export function renderHtml(reports: readonly Reported[]): string {
  const title = reports.map(({ report }) => `${report.chain} (${report.environment}): ${report.verdict}`).join('; ')
  const digest = createHash('sha256').update(STYLE).digest('base64')
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>Everyhop report</h1>
          ${reports.map(renderReport)}
        </main>
      </body>
    </html> `
  return page.toString()
}

function renderReport({ report, chain }: Reported, index: number): Html {
  const teams = teamsOf(report, chain).map((part, place) => ({ part, id: `chain-${index}-team-${place}` }))
  return html`<article class="chain" aria-labelledby="chain-${index}">
    <h2 id="chain-${index}">${report.chain} (${report.environment})</h2>
    <p>${summaryLine(report)}</p>
    <ul class="verdicts">
      <li><strong>Outcome: ${sayVerdict(report.verdict)}</strong>What the attacks of this run showed, of all that they could reach.</li>
      <li><strong>Assurance: ${sayVerdict(report.assurance)}</strong>The whole chain: a control that no attack reached is unproven here.</li>
    </ul>
    <h3>The chain</h3>
    ${renderDrawing(report, chain)}${renderObserved(report)}
    <nav aria-label="Teams of ${report.chain}">
      <h3>By team</h3>
      <ul>
        ${teams.map(({ part, id }) => html`<li><a href="#${id}">${part.team}</a>: ${sayCount(part)}</li> `)}
      </ul>
    </nav>
    ${renderBaseline(report)}
    <h3>What is whose</h3>
    ${teams.map(({ part, id }) => renderTeam(part, id))}
    <h3>What was tried</h3>
    ${renderAttacks(report.attacks)} ${renderRevocation(report)}
    <h3>The run</h3>
    ${renderFacts(report)}
  </article> `
}

const renderObserved = ({ observed = [] }: Report): readonly Html[] =>
  observed.map(
    ({ route, until, owner, contact }) =>
      html`<p class="unproven">${route} is observed until ${until} by ${owner} (${contact}): until then nothing is proven of the application.</p> `,
  )

function renderBaseline({ baseline }: Report): Html | undefined {
  if (baseline === undefined) return undefined
  return html`<h3>What changed</h3>
    <p>${sayBaseline(baseline)}.</p>
    <ul>
      ${goneLines(baseline).map(({ is, text }) => html`<li><strong>${is}</strong>: ${text}</li> `)}
    </ul> `
}

const OUTCOMES = {
  breached: 'broken',
  held: 'holds',
  masked: 'unproven',
  inconclusive: 'unproven',
  'not-applicable': 'not-applicable',
  'not-run': 'not-applicable',
} as const
const MARKS = { breached: '✗', held: '✓', masked: '?', inconclusive: '?', 'not-applicable': '–', 'not-run': '–' } as const

function renderAttacks(attacks: readonly AttackResult[]): Html {
  const order = Object.keys(OUTCOMES) as readonly (keyof typeof OUTCOMES)[]
  const counts = order.map((outcome) => ({ outcome, count: attacks.filter((one) => one.outcome === outcome).length })).filter(({ count }) => count > 0)
  const sorted = attacks.toSorted((left, right) => order.indexOf(left.outcome) - order.indexOf(right.outcome))
  return html`<p>
      ${attacks.length} attacks: ${counts.map(({ outcome, count }) => `${count} ${outcome}`).join(', ')}. A refusal counts as held only between two honest
      requests that were let in.
    </p>
    <div class="scroll" role="region" tabindex="0" aria-label="Attacks">
      <table>
        <caption>
          Attacks, by outcome
        </caption>
        <thead>
          <tr>
            <th scope="col">Attack</th>
            <th scope="col">Outcome</th>
            <th scope="col">Class</th>
            <th scope="col">Control</th>
            <th scope="col">What it would mean, and why it came out so</th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map(
            ({ attack, outcome, class: level, control, title, reason }) =>
              html`<tr>
                <th scope="row">${attack}</th>
                <td>
                  <span class="mark ${OUTCOMES[outcome]}"><span aria-hidden="true">${MARKS[outcome]} </span>${outcome}</span>
                </td>
                <td>${level}</td>
                <td>${control}</td>
                <td>${title}. <span class="muted">${reason}</span></td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div> `
}

function renderRevocation(report: Report): Html | undefined {
  const rows = revocationRows(report)
  if (rows.length === 0) return undefined
  return html`<h3>Revocation</h3>
    <div class="scroll" role="region" tabindex="0" aria-label="Revocation">
      <table>
        <caption>
          From the acknowledgement to the first steady refusal
        </caption>
        <thead>
          <tr>
            ${REVOCATION_HEAD.map((name) => html`<th scope="col">${name}</th> `)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(({ by, at, figures, bars, note }) => {
            const cells = figures.length === 0 ? html`<td colspan="6">${note}</td>` : [...figures, `${bars} ${note}`].map((cell) => html`<td>${cell}</td> `)
            return html`<tr>
              <th scope="row">${by}</th>
              <td>${at}</td>
              ${cells}
            </tr> `
          })}
        </tbody>
      </table>
    </div> `
}

function renderFacts({ startedAt, durationMs, requests, permission, manifest, evidence, seed }: Report): Html {
  const list = (hops: readonly string[]): string => (hops.length === 0 ? 'none' : hops.join(', '))
  const facts: readonly (readonly [string, string])[] = [
    ['Started', startedAt],
    ['Took', `${(durationMs / 1000).toFixed(1)} s, ${requests} requests`],
    ['Permitted', `class ${permission.class}, ${permission.requestsPerSecond} requests a second: ${permission.reason}`],
    ['Manifest', manifest],
    ...(seed === undefined ? [] : [['Seed', String(seed)] as const]),
    ['Witnesses at', list(evidence.witnesses)],
    ['Reached directly', list(evidence.directIngress)],
    ['Acceptance told by', evidence.canary ? "the canary's marker" : 'the likeness of answers'],
  ]
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd> `,
    )}
  </dl> `
}
