import { describe, expect, test } from 'vitest'
import { LINGER, type Revocation, type RevocationChanges, type RevocationStore, type SharedRevocationStore } from './revocation-store.js'

export type OpenedStore = {
  /** Another instance's way to the same store. */
  readonly store: (options?: { readonly max?: number }) => RevocationStore & Partial<SharedRevocationStore>
  /** Takes its memory; absent where it has none but that of the process. */
  readonly wipe?: () => Promise<void>
}

const FAR = 4_000_000_000
export const token = (id: string, more: Partial<Revocation> = {}): Revocation => ({ kind: 'token', id, until: FAR, ...more })

/** All that there is to read after `cursor`, page by page. */
export async function readAll(store: RevocationStore, cursor?: string): Promise<RevocationChanges> {
  const page = await store.changes(cursor)
  if (!page.more) return page
  const rest = await readAll(store, page.cursor)
  return { ...rest, revocations: [...page.revocations, ...rest.revocations] }
}

const ids = ({ revocations }: RevocationChanges) => revocations.map(({ id }) => id)

/** What every revocation store must do; each implementation runs it, each test on a store of its own that is installed. */
export function revocationStoreContract(name: string, open: (context: { skip: (note?: string) => void }) => Promise<OpenedStore>): void {
  describe(`${name} keeps the contract of a revocation store`, () => {
    test('what one instance revokes another is told, as it was revoked', async (context) => {
      const { store } = await open(context)
      const all: readonly Revocation[] = [
        { kind: 'token', id: 'a', until: FAR },
        { kind: 'client', id: 'größe "1" \\ 2', until: FAR + 0.5, before: 1_790_000_000 },
        { kind: 'key', id: 'k', until: FAR, issuer: 'https://id.test' },
        { kind: 'grant', id: 'g', until: FAR },
      ]
      await store().revoke(all)
      expect((await readAll(store())).revocations).toEqual(all)
    })
    test('with a cursor only what came later is told', async (context) => {
      const { store } = await open(context)
      await store().revoke([token('a')])
      const first = await readAll(store())
      expect(ids(await readAll(store(), first.cursor))).toEqual([])
      await store().revoke([token('b')])
      await store().revoke([token('a')])
      const second = await readAll(store(), first.cursor)
      expect(ids(second)).toEqual(['b'])
      await store().revoke([token('a', { until: FAR + 1 })])
      expect((await readAll(store(), second.cursor)).revocations).toEqual([token('a', { until: FAR + 1 })])
      expect(second.watermark).toBeGreaterThanOrEqual(first.watermark)
      expect(second.memory).toBe(first.memory)
    })
    test('twelve thousand come in pages, none twice', async (context) => {
      const { store } = await open(context)
      const many = Array.from({ length: 12_000 }, (_, index) => token(`t${index}`))
      for (let from = 0; from < many.length; from += 1_000) await store().revoke(many.slice(from, from + 1_000))
      const told = await readAll(store())
      expect(ids(told)).toEqual(many.map(({ id }) => id))
      expect(ids(await readAll(store(), told.cursor))).toEqual([])
    })
    test('a reader misses none of many that are revoked at once', async (context) => {
      const { store } = await open(context)
      const told = new Set<string>()
      let cursor: string | undefined
      const read = async () => {
        const news = await readAll(store(), cursor)
        cursor = news.cursor
        for (const id of ids(news)) told.add(id)
      }
      const pending = new Set<Promise<void>>()
      for (let index = 0; index < 64; index++) {
        const one: Promise<void> = store()
          .revoke([token(`p${index}`)])
          .finally(() => pending.delete(one))
        pending.add(one)
      }
      while (pending.size > 0) await read()
      await read()
      expect(told.size).toBe(64)
    })
    test('when full it takes no more and forgets only what is over', async (context) => {
      const { store } = await open(context)
      const small = store({ max: 3 })
      const now = (await small.changes(undefined)).watermark
      await small.revoke([token('a'), token('b'), token('over', { until: now - LINGER - 1 })])
      await small.revoke([token('c')])
      await expect(small.revoke([token('d')])).rejects.toThrow(/no room/)
      await small.revoke([token('a')])
      expect(ids(await readAll(store()))).toEqual(['a', 'b', 'c'])
    })
    test('nothing that could not be read again is taken', async (context) => {
      const { store } = await open(context)
      const bad: readonly unknown[] = [
        {},
        token(''),
        token('a', { until: NaN }),
        token('a', { until: Infinity }),
        token('a', { until: 1_800_000_000_000 }),
        token('a', { before: 1_800_000_000_000 }),
        token('a', { before: -1 }),
        { ...token('a'), kind: 'x' },
      ]
      for (const one of bad) await expect((async () => store().revoke([one as Revocation]))(), JSON.stringify(one)).rejects.toThrow(TypeError)
      expect(ids(await readAll(store()))).toEqual([])
    })
    test('one that lost its memory says so, to those who knew it and to those who come new', async (context) => {
      const { store, wipe } = await open(context)
      if (!wipe) return
      await store().revoke([token('a')])
      const before = await readAll(store())
      expect(before.since).toBe(0)
      await wipe()
      const after = await readAll(store(), before.cursor)
      expect(after.memory).not.toBe(before.memory)
      expect(after.since).toBeGreaterThanOrEqual(before.watermark)
      await store().revoke([token('b')])
      const [known, anew] = [await readAll(store(), before.cursor), await readAll(store())]
      expect(ids(known)).toEqual(['b'])
      expect(anew).toMatchObject({ memory: after.memory, since: after.since })
      await store().install?.()
      expect((await readAll(store())).since).toBe(after.since)
    })
    test('one that lost its memory and is written to before it is read says so too', async (context) => {
      const { store, wipe } = await open(context)
      if (!wipe) return
      const before = await readAll(store())
      await wipe()
      await store().revoke([token('b')])
      const after = await readAll(store(), before.cursor)
      expect(after.since).toBeGreaterThanOrEqual(before.watermark)
      expect(ids(after)).toEqual(['b'])
    })
  })
}
