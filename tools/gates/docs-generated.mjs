import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generated } from '../docs.mjs'
import { ROOT } from '../run.mjs'

export const about = 'generated pages are those of the code (mend: npm run docs)'

export async function check() {
  const pages = Object.entries(await generated())
  const found = await Promise.all(
    pages.map(async ([file, text]) => ((await readFile(join(ROOT, file), 'utf8').catch(() => '')) === text ? [] : [`${file} is not up to date`])),
  )
  return found.flat()
}
