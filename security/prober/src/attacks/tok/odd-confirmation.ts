import { attack } from '../../attack.js'

/**
 * The thief sends a token whose `cnf.jkt` is a list with the victim's thumbprint and their own.
 * A server that asks whether the list contains the proof's key, or joins it into text, can be talked into a match.
 */
export const oddConfirmation = attack({
  kind: 'forge',
  id: 'TOK-11b',
  title: 'A confirmation of an unexpected type is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7800§3.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.confirmation'],
  forge: (honest, kit) => {
    const jkt = [kit.token, kit.thiefToken].map(({ claims }) => (claims['cnf'] as { jkt?: unknown } | undefined)?.jkt)
    const changed = { ...honest, authorization: [`DPoP ${kit.forgeToken({ cnf: { jkt } })}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
