import { attack } from '../../attack.js'

/**
 * Nobody attacks: the lifetime of an honest token is compared with the ceiling in the manifest.
 * What a thief can do with a stolen proof or key ends with the token, so a long life is a long theft.
 */
export const longLivedToken = attack({
  kind: 'scripted',
  id: 'ISS-09',
  title: "The issuer's tokens live longer than the policy allows",
  control: 'POP-ID-04',
  layer: 'identity',
  spec: ['RFC9449§11.2'],
  prod: 'P1',
  needs: ['issuer'],
  // Scripted, since it is the token that is judged, and nothing is sent to the chain.
  run: async ({ kit, chain }) => {
    const lifetime = Number(kit.token.claims['exp']) - Number(kit.token.claims['iat'])
    if (lifetime > 0 && lifetime <= chain.policy.tokenLifetime)
      return { outcome: 'held', reason: `tokens live ${lifetime} s, and ${chain.policy.tokenLifetime} s are allowed` }
    return { outcome: 'breached', reason: `tokens live ${lifetime} s, and ${chain.policy.tokenLifetime} s are allowed`, place: 'issuer' }
  },
})
