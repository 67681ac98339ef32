import { createHmac } from 'node:crypto'
import { attack } from '../../attack.js'

/**
 * The thief uses the victim's public key, which everybody can have, as a shared secret.
 * A library that picks the algorithm from the header and the key from the policy verifies an HMAC with it.
 */
export const publicKeyAsSecret = attack({
  kind: 'forge',
  id: 'PRF-12c',
  title: "The victim's public key serves as a password",
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC8725§3.1', 'RFC9449§4.3-5'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.alg'],
  forge: (honest, kit) => {
    const jwk = kit.jwk('owner')
    const [header, claims] = kit.thief(honest, {}, { alg: 'HS256', jwk }).split('.')
    const signature = createHmac('sha256', Buffer.from(String(jwk['x']), 'base64url'))
      .update(`${header}.${claims}`)
      .digest('base64url')
    return [{ ...honest, dpop: [`${header}.${claims}.${signature}`] }]
  },
})
