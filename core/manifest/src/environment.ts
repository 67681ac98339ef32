import { graft, valueAt } from './graft.js'
import type { Problem } from './problem.js'
import type { Manifest } from './schema.js'
import { didYouMean } from './suggest.js'
import { positionOf, type Path, type Tree } from './tree.js'

/** Lays what differs in an environment over the manifest. The positions of what it brings are those in the overlay. */
export function applyEnvironment(tree: Tree, manifest: Manifest, name: string): { readonly tree: Tree; readonly problems: readonly Problem[] } {
  const overlay = manifest.environments?.[name]
  const known = Object.keys(manifest.environments ?? {})
  if (overlay === undefined) {
    const problem = {
      ...positionOf(tree, ['environments']),
      code: 'environment.unknown',
      message: `no environment is called \`${name}\``,
      hint: didYouMean(name, known),
    }
    return { tree, problems: [problem] }
  }
  const root: Path = ['environments', name]
  const problems: Problem[] = []
  let result = tree
  const lay = (to: Path, from: Path): void => {
    for (const key of Object.keys((valueAt(tree.data, from) ?? {}) as object)) result = graft(result, [...to, key], tree, [...from, key])
  }
  lay(['issuer'], [...root, 'issuer'])
  if (manifest.probe !== undefined) lay(['probe'], [...root, 'probe'])
  for (const hop of Object.keys(overlay.hops ?? {})) {
    const from = [...root, 'hops', hop]
    if (manifest.hops[hop] !== undefined) lay(['hops', hop], from)
    else
      problems.push({
        ...positionOf(tree, from),
        code: 'hop.unknown',
        message: `no hop is called \`${hop}\``,
        hint: didYouMean(hop, Object.keys(manifest.hops)),
      })
  }
  return { tree: result, problems }
}
