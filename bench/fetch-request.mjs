import { AUDIENCE } from './world.mjs'

/** A Fetch `Request`, as servers of that kind make it: repeated fields are joined.
 * @param {import('./world.mjs').Request} request */
export function fetchRequest({ method, target, headers }) {
  const fields = new Headers()
  for (const [name, value] of headers) fields.append(name, value)
  return new Request(`${AUDIENCE}${target}`, { method, headers: fields })
}
