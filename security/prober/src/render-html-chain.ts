import type { Chain, Report, Verdict } from '@everyhop/chain'
import { drawingOf, type Drawing } from '@everyhop/controls'
import { html, type Html } from './html.js'

const MARKS: Readonly<Record<Verdict, string>> = { broken: '✗', unproven: '?', waived: '~', holds: '✓', 'not-applicable': '–' }

/** A sign and a word: the colour only repeats what they say. */
export const sayVerdict = (verdict: Verdict): Html => html`<span class="mark ${verdict}"><span aria-hidden="true">${MARKS[verdict]} </span>${verdict}</span>`

/** The chain as boxes in a row for each way through it; a list of hops where the manifest is not at hand. */
export function renderDrawing(report: Report, chain: Chain | undefined): Html {
  const verdicts = new Map(report.hops.map(({ hop, verdict }) => [hop, verdict]))
  if (chain === undefined)
    return renderBoxes(
      report.hops.map(({ hop, kind, layer, owner }) => ({ box: { hop, lines: [hop, kind, `${owner} (${layer})`] } })),
      verdicts,
    )
  const { issuers, ways } = drawingOf(chain)
  return html`<ul>
      ${issuers.map(({ place, url, owner, contact }) => html`<li>issuer ${url} (${owner}, ${contact}) ${verdictAt(verdicts, place)}</li> `)}
    </ul>
    ${ways.map(
      ({ routes, boxes, arrows }) =>
        html`<p>${routes.join(', ')}</p>
          ${renderBoxes(withArrows(boxes, arrows), verdicts)}`,
    )}`
}

type Box = Drawing['ways'][number]['boxes'][number]
type Step = { readonly box: Box; readonly arrow?: string | undefined }

const withArrows = (boxes: readonly Box[], arrows: readonly string[]): readonly Step[] => boxes.map((box, index) => ({ box, arrow: arrows[index - 1] }))

const verdictAt = (verdicts: ReadonlyMap<string, Verdict>, hop: string | undefined): Html | undefined => {
  const verdict = hop === undefined ? undefined : verdicts.get(hop)
  return verdict && sayVerdict(verdict)
}

const renderBoxes = (steps: readonly Step[], verdicts: ReadonlyMap<string, Verdict>): Html =>
  html`<ol class="way">
    ${steps.map(({ box: { hop, lines }, arrow }) => {
      const [name = '', ...rest] = lines
      const verdict = hop === undefined ? undefined : verdicts.get(hop)
      const drawn = arrow === undefined ? undefined : html`<span class="arrow">─ ${arrow} ─▶</span>`
      const shown = rest.filter((line) => line !== '').map((line) => html`<span>${line}</span>`)
      return html`<li>
        ${drawn}
        <div class="box ${verdict ?? ''}"><b>${name}</b>${shown}${verdictAt(verdicts, hop)}</div>
      </li> `
    })}
  </ol> `
