import { createKeyPair } from '../../create-key-pair.js'
import { sign } from 'node:crypto'
import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A careless client proves possession of a 1024-bit RSA key when it asks for a token.
 * An issuer that binds a token to it gives out a binding that others can break.
 */
export const weakKey = attack({
  kind: 'scripted',
  id: 'KEY-05',
  title: 'The issuer binds tokens to weak keys',
  control: 'POP-ID-02',
  layer: 'identity',
  spec: ['RFC7518§3.3', 'RFC9449§11.6'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ kit, token }) => {
    const { privateKey, publicKey } = createKeyPair('rsa', { modulusLength: 1_024 })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const answer = await token({
      proof: (_, claims) => {
        const header = { typ: 'dpop+jwt', alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) }
        const input = `${part(header)}.${part({ jti: kit.random(), htm: 'POST', iat: kit.now, ...claims })}`
        return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
      },
    })
    return issuerVerdict(answer, 'a token was bound to a 1024-bit RSA key')
  },
})
