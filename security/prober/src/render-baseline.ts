import type { Baseline } from '@everyhop/chain'
import { sayHop } from './render-place.js'

/** What changed, in a sentence. */
export const sayBaseline = ({ startedAt, new: fresh, persisting, fixed, untold }: Baseline): string =>
  `Since ${startedAt}: ${fresh} new, ${persisting} persisting, ${fixed.length} fixed, ${untold.length} of which this run tells nothing`

/** Each finding of the earlier report that is not in this one, in a line. */
export const goneLines = ({ fixed, untold }: Baseline): readonly { readonly is: 'fixed' | 'not told'; readonly text: string }[] =>
  [...fixed.map((finding) => ({ finding, is: 'fixed' as const })), ...untold.map((finding) => ({ finding, is: 'not told' as const }))].map(
    ({ finding, is }) => {
      const { attack, title, control, owner, contact, reason } = finding
      return { is, text: `${attack} ${title}, ${control} at ${sayHop(finding)} (${owner}, ${contact}): ${reason}` }
    },
  )
