import { pathsOf, type Chain, type ForwardMode, type Issuer, type Verdict } from '@everyhop/chain'
import { issuerPlaces } from './places.js'

export type DrawOptions = { readonly colour: boolean }

type Box = { readonly lines: readonly string[]; readonly verdict?: Verdict }

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
  const rows = new Map<string, { readonly path: readonly string[]; readonly routes: string[] }>()
  for (const route of chain.routes) {
    for (const path of pathsOf(route)) {
      const key = path.join('>')
      const row = rows.get(key) ?? { path, routes: [] }
      row.routes.push(`${route.pattern} (${route.level}${route.observeUntil === undefined ? '' : `, observed until ${dayOf(route.observeUntil)}`})`)
      rows.set(key, row)
    }
  }
  const drawn = [...rows.values()].map(({ path, routes }) => [`  ${routes.join(', ')}`, ...drawPath(chain, path, verdicts, colour)].join('\n'))
  const issuers = issuerPlaces(chain).map(([place, issuer]) => issuerLine(chain, issuer, verdicts.get(place), colour))
  return [issuers.join('\n'), ...drawn].join('\n\n')
}

function issuerLine({ teams }: Chain, issuer: Issuer, verdict: Verdict | undefined, colour: boolean): string {
  const owner = `${issuer.owner}, ${teams.get(issuer.owner)?.contact ?? ''}`
  return `  issuer ${plain(issuer.url)}  (${plain(owner)})${verdict === undefined ? '' : `  ${paint(MARKS[verdict], verdict, colour)}`}`
}

function drawPath(chain: Chain, path: readonly string[], verdicts: ReadonlyMap<string, Verdict>, colour: boolean): readonly string[] {
  const client: Box = { lines: ['client', chain.policy.binding.join(', ')] }
  const boxes = [client, ...path.map((id) => boxOf(chain, id, verdicts.get(id)))]
  const arrows = ['proof', ...path.slice(0, -1).map((id) => chain.hops.get(id)?.forward ?? 'passthrough')] as readonly ('proof' | ForwardMode)[]
  const height = Math.max(...boxes.map(({ lines }) => lines.length)) + (boxes.some(({ verdict }) => verdict !== undefined) ? 1 : 0)
  const columns = boxes.map((box) => drawBox(box, height, colour))
  return Array.from(
    { length: height + 2 },
    (_, row) => `  ${columns.map((column, index) => `${index === 0 ? '' : arrow(arrows[index - 1] ?? '', row)}${column[row] ?? ''}`).join('')}`,
  )
}

function boxOf(chain: Chain, id: string, verdict: Verdict | undefined): Box {
  const hop = chain.hops.get(id)
  const team = chain.teams.get(hop?.owner ?? '')
  const lines = [id, hop?.kind ?? '', `${team?.id ?? ''} (${team?.layer ?? ''})`, team?.contact ?? ''].map(plain)
  return { lines, ...(verdict === undefined ? {} : { verdict }) }
}

function drawBox({ lines, verdict }: Box, height: number, colour: boolean): readonly string[] {
  const mark = verdict === undefined ? '' : MARKS[verdict]
  const width = Math.max(...lines.map((line) => line.length), mark.length)
  const body = Array.from({ length: height }, (_, row) => {
    const isMark = verdict !== undefined && row === height - 1
    const text = (isMark ? mark : (lines[row] ?? '')).padEnd(width)
    return `│ ${isMark ? paint(text, verdict, colour) : text} │`
  })
  return [`┌${'─'.repeat(width + 2)}┐`, ...body, `└${'─'.repeat(width + 2)}┘`]
}

/** Along the names, and blank elsewhere. */
const arrow = (label: string, row: number): string => (row === 1 ? ` ─${label}─▶ ` : ' '.repeat(label.length + 5))

const paint = (text: string, verdict: Verdict, colour: boolean): string => (colour ? `\u001B[${COLOURS[verdict]}m${text}${RESET}` : text)

/** What an observed route is drawn with: the drawing has no clock, so the end speaks for itself. */
const dayOf = (epochSeconds: number): string => new Date(epochSeconds * 1_000).toISOString().slice(0, 10)

/** What comes from a file must not steer a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?')
