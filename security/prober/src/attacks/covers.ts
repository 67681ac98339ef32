/** Whether a route pattern of the manifest holds the path of a target: literal segments, `*` for one, `**` at the end for the rest. */
export function covers(pattern: string, target: string): boolean {
  const wanted = pattern.split('/')
  const path = target.split('?')[0]!.split('/')
  if (wanted.at(-1) === '**') {
    const fixed = wanted.slice(0, -1)
    return path.length >= fixed.length && fixed.every((segment, index) => segment === '*' || segment === path[index])
  }
  return wanted.length === path.length && wanted.every((segment, index) => segment === '*' || segment === path[index])
}
