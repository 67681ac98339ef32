import type { Chain, Verdict } from '@everyhop/chain'
import { drawingOf, type Box, type Drawing } from './drawing-of.js'

export type DrawOptions = { readonly colour: boolean }

const MARKS: Readonly<Record<Verdict, string>> = {
  broken: '✗ BROKEN',
  unproven: '? unproven',
  waived: '~ waived',
  holds: '✓ holds',
  'not-applicable': '- not applicable',
}
const COLOURS: Readonly<Record<Verdict, number>> = { broken: 31, unproven: 33, waived: 35, holds: 32, 'not-applicable': 2 }
const RESET = '\u001B[0m'

/** The chain as text: the issuer, then one row of boxes for each way through it, with a verdict in each box where there is one. */
export function drawChain(chain: Chain, verdicts: ReadonlyMap<string, Verdict> = new Map(), { colour }: DrawOptions = { colour: false }): string {
  const { issuers, ways } = drawingOf(chain)
  const drawn = ways.map((way) => [`  ${way.routes.join(', ')}`, ...drawWay(way, verdicts, colour)].join('\n'))
  const lines = issuers.map((issuer) => issuerLine(issuer, verdicts.get(issuer.place), colour))
  return [lines.join('\n'), ...drawn].join('\n\n')
}

function issuerLine({ url, owner, contact }: Drawing['issuers'][number], verdict: Verdict | undefined, colour: boolean): string {
  return `  issuer ${plain(url)}  (${plain(`${owner}, ${contact}`)})${verdict === undefined ? '' : `  ${paint(MARKS[verdict], verdict, colour)}`}`
}

function drawWay({ boxes, arrows }: Drawing['ways'][number], verdicts: ReadonlyMap<string, Verdict>, colour: boolean): readonly string[] {
  const judged = boxes.map((box) => ({ box, verdict: box.hop === undefined ? undefined : verdicts.get(box.hop) }))
  const height = Math.max(...boxes.map(({ lines }) => lines.length)) + (judged.some(({ verdict }) => verdict !== undefined) ? 1 : 0)
  const columns = judged.map(({ box, verdict }) => drawBox(box, verdict, { height, colour }))
  return Array.from(
    { length: height + 2 },
    (_, row) => `  ${columns.map((column, index) => `${index === 0 ? '' : arrow(arrows[index - 1] ?? '', row)}${column[row] ?? ''}`).join('')}`,
  )
}

type Size = { readonly height: number; readonly colour: boolean }

function drawBox({ lines }: Box, verdict: Verdict | undefined, { height, colour }: Size): readonly string[] {
  const mark = verdict === undefined ? '' : MARKS[verdict]
  const shown = lines.map(plain)
  const width = Math.max(...shown.map((line) => line.length), mark.length)
  const body = Array.from({ length: height }, (_, row) => {
    const isMark = verdict !== undefined && row === height - 1
    const text = (isMark ? mark : (shown[row] ?? '')).padEnd(width)
    return `│ ${isMark ? paint(text, verdict, colour) : text} │`
  })
  return [`┌${'─'.repeat(width + 2)}┐`, ...body, `└${'─'.repeat(width + 2)}┘`]
}

/** Along the names, and blank elsewhere. */
const arrow = (label: string, row: number): string => (row === 1 ? ` ─${label}─▶ ` : ' '.repeat(label.length + 5))

const paint = (text: string, verdict: Verdict, colour: boolean): string => (colour ? `\u001B[${COLOURS[verdict]}m${text}${RESET}` : text)

/** What comes from a file must not steer a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?')
