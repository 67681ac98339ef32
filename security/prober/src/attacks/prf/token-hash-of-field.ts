import { createHash } from 'node:crypto'
import { attack } from '../../attack.js'

/**
 * The proof has the hash of the whole Authorization value instead of that of the token.
 * A server that accepts either compares less than it believes, and shows that nobody tested it.
 */
export const tokenHashOfField = attack({
  kind: 'forge',
  id: 'PRF-06b',
  title: 'A hash of something else than the token is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.token-hash'],
  forge: (honest, kit) => {
    const ath = createHash('sha256').update(honest.authorization.join()).digest('base64url')
    return [{ ...honest, dpop: [kit.owner(honest, { ath })] }]
  },
})
