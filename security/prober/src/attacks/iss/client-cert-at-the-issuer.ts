import { attack } from '../../attack.js'

/**
 * The thief asks for a token over a connection without a certificate, with the victim's certificate in Client-Cert.
 * An issuer behind a terminator that does not remove the field binds the token to what the field says.
 */
export const clientCertAtTheIssuer = attack({
  kind: 'scripted',
  id: 'ISS-13',
  title: 'A Client-Cert field of the client binds a token to a certificate that it does not have',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4', 'RFC8705§3.1'],
  prod: 'P2',
  needs: ['issuer', 'victim-certificate'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ token, kit }) => {
    const { rfc9440 = '' } = kit.victimCertificate ?? {}
    const answer = await token({
      proof: 'none',
      fields: [
        ['Client-Cert', rfc9440],
        ['X-SSL-Client-Cert', rfc9440],
      ],
    })
    const cnf = answer.token?.claims['cnf'] as { readonly 'x5t#S256'?: unknown } | undefined
    if (cnf?.['x5t#S256'] !== undefined) return { outcome: 'breached', reason: 'the token is bound to the certificate that the field named', place: 'issuer' }
    if (answer.status === 0) return { outcome: 'inconclusive', reason: 'the issuer did not answer' }
    return { outcome: 'held', reason: answer.token ? 'the token is not bound to what the field named' : `the issuer refused: ${answer.status}` }
  },
})
