/**
 * Compiles a route pattern: literal segments, `*` for exactly one, `**` at the end for any number, none included.
 * Paths come in normal form, so that one path has one spelling.
 */
export function routePattern(pattern: string): (path: string) => boolean {
  const parts = pattern.split('/').slice(1)
  const takesRest = parts.at(-1) === '**'
  const fixed = takesRest ? parts.slice(0, -1) : parts
  if (!fixed.includes('*')) {
    const place = `/${fixed.join('/')}`
    const below = place === '/' ? place : `${place}/`
    return takesRest ? (path) => path === place || path.startsWith(below) : (path) => path === place
  }
  return (path) => {
    const segments = path.split('/').slice(1)
    if (takesRest ? segments.length < fixed.length : segments.length !== fixed.length) return false
    return fixed.every((part, index) => (part === '*' ? segments[index] !== '' : part === segments[index]))
  }
}
