import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'
import { withContent } from '../with-content.js'

/**
 * Behind a hop somebody changes the content of a request and leaves its digest, which a hop has signed, as it is.
 * Whoever compares the signature and not the content lets any order stand under the name of the first.
 */
export const otherContent = attack({
  kind: 'forge',
  id: 'HOP-05',
  title: 'Other content goes under a digest that a hop has signed',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9421§7.2.8', 'RFC9530§2'],
  prod: 'P2',
  needs: ['dpop', 'covered', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['request.content-digest'],
  forge: (honest, kit) => {
    const first = renewed({ ...withContent(honest, '{"everyhop":1}'), method: 'POST' }, kit)
    return [passedOn(first, kit), { ...passedOn(renewed(first, kit), kit), body: '{"everyhop":2}' }]
  },
})
