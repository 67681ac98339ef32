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
  for (const section of ['issuers', 'hops'] as const) {
    const declared = manifest[section] ?? {}
    for (const entry of Object.keys(overlay[section] ?? {})) {
      const from = [...root, section, entry]
      if (declared[entry] !== undefined) lay([section, entry], from)
      else
        problems.push({
          ...positionOf(tree, from),
          code: `${section.slice(0, -1)}.unknown`,
          message: `no ${section.slice(0, -1)} is called \`${entry}\``,
          hint: didYouMean(entry, Object.keys(declared)),
        })
    }
  }
  return { tree: result, problems }
}
