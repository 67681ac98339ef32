import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops adds a second Everyhop-Hop field with a statement of their own.
 * An application that reads one of the fields and verifies the other believes what nobody signed.
 */
export const attestationRepeated = attack({
  kind: 'forge',
  id: 'HOP-08',
  title: 'Two statements of hops are read as one',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§7.5.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.repeated', 'attestation.malformed'],
  forge: (honest, kit) => {
    const attested = passedOn(honest, kit)
    const forged = ['Everyhop-Hop', `${kit.neighbour};m="${honest.method}"`] as const
    return [passedOn(renewed(honest, kit), kit), { ...attested, fields: [...attested.fields, forged] }]
  },
})
