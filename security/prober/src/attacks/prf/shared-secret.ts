import { createHmac } from 'node:crypto'
import { attack } from '../../attack.js'

/**
 * The thief signs with a shared secret and puts that secret into the proof as its key.
 * A server that takes any algorithm its library knows verifies it, with the key that came along.
 */
export const sharedSecret = attack({
  kind: 'forge',
  id: 'PRF-12b',
  title: 'A proof with a shared secret is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-5', 'RFC9449§11.6'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.private-key', 'proof.alg'],
  forge: (honest, kit) => {
    const secret = Buffer.alloc(32, 7)
    const jwk = { kty: 'oct', k: secret.toString('base64url') }
    const [header, claims] = kit.thief(honest, {}, { alg: 'HS256', jwk }).split('.')
    const signature = createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url')
    return [{ ...honest, dpop: [`${header}.${claims}.${signature}`] }]
  },
})
