/** Tokens that were exchanged from others, as long as they live: whoever revokes one revokes them too. */
export type Children = {
  readonly add: (parent: string, child: OfToken, now: number) => void
  /** All that came from the token, however many exchanges later. */
  readonly of: (parent: string) => readonly OfToken[]
}

/** By the hash of its `jti`; `until` is its `exp`. */
export type OfToken = { readonly id: string; readonly until: number }

const SWEEP_EVERY = 30

export function createChildren(): Children {
  const byParent = new Map<string, OfToken[]>()
  let sweptAt = -Infinity

  function sweep(now: number): void {
    for (const [parent, children] of byParent) {
      const alive = children.filter(({ until }) => until >= now)
      if (alive.length === 0) byParent.delete(parent)
      else byParent.set(parent, alive)
    }
    sweptAt = now
  }

  const of = (parent: string): readonly OfToken[] => (byParent.get(parent) ?? []).flatMap((child) => [child, ...of(child.id)])

  return {
    add(parent, child, now) {
      if (Math.abs(now - sweptAt) >= SWEEP_EVERY) sweep(now)
      byParent.set(parent, [...(byParent.get(parent) ?? []), child])
    },
    of,
  }
}
