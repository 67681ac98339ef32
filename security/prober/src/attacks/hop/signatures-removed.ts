import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops removes the signatures and leaves the statement that they cover.
 * An application that reads the statement first, and verifies signatures only where it finds some, believes it.
 */
export const signaturesRemoved = attack({
  kind: 'forge',
  id: 'HOP-01b',
  title: 'The application believes a hop without its signatures',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['path.unattested'],
  forge: (honest, kit) => {
    const { fields, ...rest } = passedOn(honest, kit)
    return [passedOn(renewed(honest, kit), kit), { ...rest, fields: fields.filter(([name]) => !/^signature/i.test(name)) }]
  },
})
