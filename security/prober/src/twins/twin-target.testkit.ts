import type { Exchange } from '../attack.js'
import type { Fault } from './fault.testkit.js'
import { BASE } from './world.testkit.js'

type Has = (fault: Fault) => boolean

/** Habits of frameworks that make one path of two. */
const LOOSE: Partial<Record<Fault, (path: string) => string>> = {
  'merges slashes': (path) => path.replaceAll(/\/+/g, '/'),
  'undoes escapes': (path) => new URL(decodeURIComponent(path), BASE).pathname,
  'undoes escapes twice': (path) => new URL(decodeURIComponent(decodeURIComponent(path)), BASE).pathname,
  'drops parameters': (path) => path.replaceAll(/;[^/]*/g, ''),
  'drops last slash': (path) => path.replace(/\/$/, ''),
  'ignores case': (path) => path.toLowerCase(),
  'drops suffix': (path) => path.replace(/\.\w+$/, ''),
  'ends at null': (path) => path.replace(/%00.*$/, ''),
  'turns backslashes': (path) => path.replaceAll('\\', '/'),
}

/** Whether the target that a proof names is that of the request. RFC 9449 §4.3, check 9. */
export function targetHolds(htu: string, exchange: Exchange, has: Has, own = BASE): boolean {
  const given = exchange.target.split('?')[0]!
  const path = Object.entries(LOOSE).reduce((text, [fault, make]) => (has(fault as Fault) ? make(text) : text), given)
  const field = (name: string) => exchange.fields.find(([one]) => one.toLowerCase() === name)?.[1]
  const base = has('target from fields') && field('x-forwarded-host') ? `https://${field('x-forwarded-host')}` : own
  const expected = base + ((has('target from fields') && field('x-original-url')) || path)
  const said = has('host with dot') ? htu.replace('example./', 'example/') : htu
  if (said === expected) return true
  if (has('target from host') && field('host') !== undefined) return said === new URL(`https://${field('host')}${exchange.target}`).href.split('?')[0]
  if (has('target by letter')) return false
  if (has('target by prefix') && said.startsWith(expected)) return true
  if (has('host by prefix') && said.startsWith(BASE)) return true
  if (!/^https?:\/\/[\w.:-]+\//i.test(said)) return false
  return new URL(said.replace(/%[46-7][\da-f]/gi, decodeURIComponent)).href === expected
}
