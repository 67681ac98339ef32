import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { treeFiles } from '../files.mjs'
import { ROOT } from '../run.mjs'

export const about = 'no secret, machine path or private registry in the tree'

/** Published test vectors of specifications, and this gate with its test, hold on purpose what is refused elsewhere. */
const EXEMPT = /^(vectors\/|tools\/gates\/clean-tree)/

const FORBIDDEN = Object.freeze([
  { what: 'a private key in PEM', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}/ },
  { what: 'a private JWK', pattern: /["']?\bd["']?\s*:\s*["'][\w-]{40,}["']/ },
  { what: 'a path of one machine', pattern: /(?<![\w.~-])\/(?:work|root)\/\w|\/tmp\/i\d|(?<![\w.])\/home\/(?!user|you|node)[a-z]\w*\// },
  { what: 'a token of a registry or forge', pattern: /\b(?:npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36}|_authToken\s*=)/ },
  { what: 'a registry named by address', pattern: /"resolved":\s*"https?:\/\/(?!registry\.npmjs\.org\/)/ },
])

export async function check() {
  const files = (await treeFiles()).filter((file) => !EXEMPT.test(file))
  const found = await Promise.all(files.map(async (file) => dirt(file, await readFile(join(ROOT, file), 'utf8'))))
  return found.flat()
}

/**
 * Names the line, never what stands there: what a gate prints is kept in logs.
 * @param {string} file
 * @param {string} text
 */
export function dirt(file, text) {
  return FORBIDDEN.flatMap(({ what, pattern }) => {
    const index = text.search(pattern)
    return index === -1 ? [] : [`${file}:${text.slice(0, index).split('\n').length}: ${what}`]
  })
}
