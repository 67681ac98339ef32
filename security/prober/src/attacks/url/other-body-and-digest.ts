import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'
import { withContent } from '../with-content.js'

/**
 * Behind the hop somebody puts other content, with a digest of its own, under the same proof: a proof says nothing of either.
 * Only the digest that the hop has signed ties the content to the request that the client sent.
 */
export const otherBodyAndDigest = attack({
  kind: 'forge',
  id: 'URL-09',
  title: 'One proof serves for another content behind the hop',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§11.7', 'RFC9421§7.2.8'],
  prod: 'P2',
  needs: ['dpop', 'covered', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature'],
  forge: (honest, kit) => {
    const first = renewed({ ...withContent(honest, '{"everyhop":1}'), method: 'POST' }, kit)
    const signed = passedOn(renewed(first, kit), kit)
    return [passedOn(first, kit), withContent(signed, '{"everyhop":2}')]
  },
})
