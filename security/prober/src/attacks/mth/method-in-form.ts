import { attack } from '../../attack.js'

/**
 * The thief has a proof for a GET and sends a POST with the method GET in a form field.
 * A framework that rewrites the method before the proof is checked compares it with what the thief said.
 */
export const methodInForm = attack({
  kind: 'forge',
  id: 'MTH-02b',
  title: 'The client decides with which method a proof is compared, in a form field',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [
    {
      ...honest,
      method: 'POST',
      dpop: [kit.owner(honest)],
      body: `_method=${honest.method}`,
      fields: [...honest.fields, ['Content-Type', 'application/x-www-form-urlencoded']],
    },
  ],
})
