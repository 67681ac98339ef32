import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of everything that an application installs with the guard, unpacked. */
export const MAX_BYTES = 200_000

/**
 * What an application gets that installs the guard: whether all of it is ours, and how much it is.
 * @param {string} folder where nothing but the guard's packages was installed
 * @param {readonly import('./installed.mjs').Packed[]} packed
 * @returns {Promise<{ problems: readonly string[], figure: string }>}
 */
export async function guardSize(folder, packed) {
  const modules = join(folder, 'node_modules')
  const scopes = (await readdir(modules)).filter((name) => !name.startsWith('.') && name !== '@everyhop')
  const ours = await readdir(join(modules, '@everyhop'))
  const sizes = ours.map((name) => ({ name, bytes: packed.find((found) => found.name === `@everyhop/${name}`)?.unpackedSize ?? Number.NaN }))
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0)
  const parts = sizes.map((size) => `${size.name} ${size.bytes}`).join(', ')
  return {
    problems: [
      ...(scopes.length === 0 ? [] : [`the guard brings packages that are not ours: ${scopes.join(', ')}`]),
      ...(bytes < MAX_BYTES ? [] : [`the guard and its packages are ${bytes} bytes unpacked, at most ${MAX_BYTES} are allowed: ${parts}`]),
    ],
    figure: `guard unpacked ${bytes} bytes of ${MAX_BYTES} (${parts})`,
  }
}
