import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'

type WriteOptions = { readonly mode: number; readonly replace: boolean }

/** Writes a whole file or nothing. Without `replace` it rejects with EEXIST where the file is there already. */
export async function writeWhole(path: string, text: string, { mode, replace }: WriteOptions): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(draft, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    if (replace) await rename(draft, path)
    else await link(draft, path)
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}
