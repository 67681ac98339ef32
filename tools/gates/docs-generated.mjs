import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PAGES } from '../docs.mjs'
import { ROOT } from '../run.mjs'

export const about = 'generated pages are those of the code (mend: npm run docs)'

export async function check() {
  const found = await Promise.all(Object.entries(PAGES).map(([file, make]) => compare(file, make)))
  return found.flat()
}

/**
 * @param {string} file
 * @param {() => Promise<string>} make
 */
async function compare(file, make) {
  try {
    const there = await readFile(join(ROOT, file), 'utf8').catch(() => '')
    return there === (await make()) ? [] : [`${file} is not up to date`]
  } catch (error) {
    return [`${file} cannot be made: ${error instanceof Error ? error.message : String(error)}`]
  }
}
