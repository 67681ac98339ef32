import { runAlone } from './child.mjs'

const MILLION = 1_000_000

/**
 * What the memory store takes for a proof, and whether a verifier grows while it works.
 * @param {{ verifications: number }} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function memory({ verifications }) {
  const [one, ten] = [await bytes(MILLION), await bytes(10 * MILLION)]
  const grown = /** @type {number} */ (await runAlone('./grow.child.mjs', [String(verifications)]))
  return [
    { name: 'memory-per-proof', value: one, unit: 'B', against: '1,000,000 live proofs, memory store', samples: 1 },
    { name: 'memory-per-proof-10m', value: ten, unit: 'B', against: '10,000,000 live proofs, memory store', samples: 1 },
    {
      name: 'memory-growth',
      value: grown,
      unit: 'MB',
      against: `resident memory over the second half of ${verifications.toLocaleString('en')} verifications`,
      samples: 1,
    },
  ]
}

/** @param {number} entries
 * @returns {Promise<number>} */
const bytes = (entries) => runAlone('./fill.child.mjs', [String(entries)])
