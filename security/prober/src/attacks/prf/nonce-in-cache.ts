import { attack } from '../../attack.js'

/**
 * Nobody attacks: the fields of answers with a nonce are read.
 * A cache that keeps such an answer gives one nonce to many clients, and gives it again when it is over.
 */
export const nonceInCache = attack({
  kind: 'scripted',
  id: 'PRF-10',
  title: 'An answer with a nonce may be kept by a cache',
  control: 'POP-PL-05',
  layer: 'platform',
  spec: ['RFC9449§8.2'],
  prod: 'P1',
  needs: ['dpop', 'nonce'],
  // Scripted, since it is a field of the answer that is judged.
  run: async ({ honest, send }) => {
    let count = 0
    for (const exchange of [{ ...honest(), dpop: [], authorization: [] }, honest()]) {
      const { fields, status } = await send(exchange)
      const valueOf = (name: string) => fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
      if (valueOf('dpop-nonce').length === 0) continue
      count += 1
      if (!/\bno-store\b/i.test(valueOf('cache-control').join()))
        return { outcome: 'breached', reason: `an answer of ${status} with a nonce does not say no-store` }
    }
    if (count === 0) return { outcome: 'inconclusive', reason: 'no answer had a nonce' }
    return { outcome: 'held', reason: 'answers with a nonce say no-store' }
  },
})
