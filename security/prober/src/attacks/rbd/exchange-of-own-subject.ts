import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A hop writes the token of a client itself, signs it with its own key and brings it to the issuer.
 * An issuer that reads the subject without verifying who wrote it lets every hop be every client.
 */
export const exchangeOfOwnSubject = attack({
  kind: 'scripted',
  id: 'RBD-08',
  title: 'A hop may write the token that it exchanges',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§2.1', 'RFC8725§3.1'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since it is the issuer that is asked, and not the chain.
  run: async ({ exchange, kit, honest }) => {
    const subject = kit.forgeToken()
    const proof = kit.owner({ ...honest(), authorization: [`DPoP ${subject}`] })
    return issuerVerdict(await exchange({ subject, evidence: { proof } }), 'the issuer exchanged a token that it had never issued')
  },
})
