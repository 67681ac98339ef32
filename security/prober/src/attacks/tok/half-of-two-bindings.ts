import { attack } from '../../attack.js'

/**
 * The attacker has the key of a token that is bound to a key and a certificate, but not the certificate.
 * A server that stops at the first binding it can prove has ignored the second.
 */
export const halfOfTwoBindings = attack({
  kind: 'forge',
  id: 'TOK-12',
  title: 'A token that is bound twice works with one half of the proof',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§6.1', 'RFC8705§3.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.no-certificate', 'token.other-certificate'],
  forge: (honest, kit) => {
    const cnf = { ...(kit.token.claims['cnf'] as object), 'x5t#S256': Buffer.alloc(32, 7).toString('base64url') }
    const changed = { ...honest, authorization: [`DPoP ${kit.forgeToken({ cnf })}`], certificate: 'none' as const }
    return [{ ...changed, dpop: [kit.owner(changed)] }]
  },
})
