import type { Exchange } from '../attack.js'

/** The exchange on another path, with the proof and the query that it has. */
export function onPath(exchange: Exchange, change: (path: string) => string): Exchange {
  const mark = exchange.target.indexOf('?')
  const [path, query] = mark === -1 ? [exchange.target, ''] : [exchange.target.slice(0, mark), exchange.target.slice(mark)]
  return { ...exchange, target: change(path) + query }
}
