import type { Chain } from '@everyhop/chain'
import { costOf, type Planned } from '@everyhop/prober'

/** What would be run here, and what it would cost where targets consent and where they do not. */
export function renderPlan(chain: Chain, planned: readonly Planned[]): string {
  const lines = planned.map(({ id, prod, title, isPermitted }) => `  ${id.padEnd(8)} ${prod}  ${isPermitted ? '' : '(not here) '}${title}`)
  const costs = costOf(chain, planned).map(({ where, attacks, requests, requestsPerSecond, seconds }) => [
    where,
    `${attacks} attacks`,
    `about ${requests} requests`,
    `at ${requestsPerSecond} a second`,
    duration(seconds),
  ])
  const widths = costs[0]?.map((_, column) => Math.max(...costs.map((row) => row[column]!.length))) ?? []
  const table = costs.map((row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`)
  return `${chain.name} (${chain.environment})\n${lines.join('\n')}\n\n${table.join('\n')}\n`
}

const duration = (seconds: number): string => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`)
