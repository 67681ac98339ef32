import { attack } from '../../attack.js'

/**
 * The thief keeps header and claims of a token and replaces its signature by zeros; the proof fits this token.
 * A server that decodes tokens without verifying them cannot tell the difference.
 */
export const brokenSignature = attack({
  kind: 'forge',
  id: 'TOK-08a',
  title: 'A token with a broken signature is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.signature'],
  forge: (honest, kit) => {
    const signed = kit.token.value.slice(0, kit.token.value.lastIndexOf('.'))
    const changed = { ...honest, authorization: [`DPoP ${signed}.${Buffer.alloc(64).toString('base64url')}`] }
    return [{ ...changed, dpop: [kit.owner(changed)] }]
  },
})
