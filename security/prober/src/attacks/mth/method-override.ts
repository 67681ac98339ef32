import { attack } from '../../attack.js'

/**
 * The thief has a proof for a GET and sends a POST with X-HTTP-Method-Override set to GET.
 * A framework that rewrites the method before the proof is checked compares it with what the thief said.
 */
export const methodOverride = attack({
  kind: 'forge',
  id: 'MTH-01',
  title: 'The client decides with which method a proof is compared',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => {
    const override = [
      ['X-HTTP-Method-Override', honest.method],
      ['X-HTTP-Method', honest.method],
      ['X-Method-Override', honest.method],
    ] as const
    return [{ ...honest, method: 'POST', dpop: [kit.owner(honest)], fields: [...honest.fields, ...override] }]
  },
})
