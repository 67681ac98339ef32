import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * The thief asks for a token with a proof that carries the victim's public key and a signature by another.
 * An issuer that copies the thumbprint and never verifies the signature binds tokens to keys that nobody proved.
 */
export const proofWithClaimedKey = attack({
  kind: 'scripted',
  id: 'ISS-03b',
  title: 'The issuer binds a token to a key that was not proven',
  control: 'POP-ID-01',
  layer: 'identity',
  spec: ['RFC9449§4.3-6'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ kit, token }) =>
    issuerVerdict(
      await token({ proof: (exchange, claims) => kit.thief(exchange, claims, { jwk: kit.jwk('owner') }) }),
      'a token was bound to a key whose signature does not verify',
    ),
})
