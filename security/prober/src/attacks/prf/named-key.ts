import { attack } from '../../attack.js'

/**
 * The thief signs with a key of their own and writes the thumbprint of the victim's key into `kid`.
 * A server that compares the name of the key, because it is the shorter way, never compares the key.
 */
export const namedKey = attack({
  kind: 'forge',
  id: 'PRF-16',
  title: 'A proof may say for itself whose key it is',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.2', 'RFC7515§4.1.4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.other-key'],
  forge: (honest, kit) => {
    const { jkt } = kit.token.claims['cnf'] as { readonly jkt: string }
    return [{ ...honest, dpop: [kit.thief(honest, {}, { kid: jkt })] }]
  },
})
