/** A token, all that a client has, all that is bound to a key, or all that came from a grant. */
export type Revocation = {
  readonly kind: 'token' | 'client' | 'key' | 'grant'
  /**
   * Of a token and a grant the base64url SHA-256, as `tokenId` and `grantId` of what was proven; of a client its `client_id`;
   * of a key the `jkt` or `x5t#S256` that tokens are bound to.
   */
  readonly id: string
  /** Epoch seconds; afterwards it may be forgotten. The end of the last token that it has to stop. */
  readonly until: number
  /** Epoch seconds: only what was issued up to and including then. Without it, also what is issued later: a stolen key stays revoked. */
  readonly before?: number
  /** Only tokens of this issuer; without it, of every issuer. */
  readonly issuer?: string
}

/** What was revoked since an earlier answer. */
export type RevocationChanges = {
  /** Epoch seconds by the source's own clock: whatever was revoked until then is in this answer or an earlier one. */
  readonly watermark: number
  /** Epoch seconds by the source's own clock: it may have forgotten what was revoked before. 0 where nothing was. */
  readonly since: number
  /** Another one than before says that the source lost its memory. */
  readonly memory: string
  readonly revocations: readonly Revocation[]
  /** Goes with the next question. */
  readonly cursor: string
  /** Whether there is more to ask for at once; the watermark counts only where there is not. */
  readonly more: boolean
}

/** Something that tells what was revoked. */
export interface RevocationSource {
  /** What was revoked since the answer with this `cursor`, or all where the cursor says nothing to it. Rejects when it cannot know. */
  changes(cursor: string | undefined): Promise<RevocationChanges>
}

/** Where revocations are kept for all instances. */
export interface RevocationStore extends RevocationSource {
  /** `process`: other instances know nothing of what is kept here. A store that says nothing is taken for one that they share. */
  readonly scope?: 'process'
  /** Resolves once every later `changes` tells of all of them; rejects where that is not certain. What it has already stays as it is. */
  revoke(revocations: readonly Revocation[]): Promise<void>
}

/** A store outside of the process: it needs to be told once that it is new, and not one that lost its memory. */
export type SharedRevocationStore = RevocationStore & {
  /** For the set-up: says that nothing was revoked before, so that tokens issued earlier count. Does nothing where there is a memory. */
  readonly install: () => Promise<void>
}

/** Seconds beyond `until` for which a revocation is kept: more than clocks may differ by. */
export const LINGER = 60
/** Revocations that may live at once, unless an option says otherwise. */
export const MAX_REVOCATIONS = 100_000
/** Revocations in one answer. */
export const PAGE = 5_000
