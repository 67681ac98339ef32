import { attack } from '../../attack.js'

/**
 * An honest request, and the witness at the application is asked whether the client's own token or proof came with it.
 * A hop that exchanges the token and passes on the old one too gives the application, and whoever reads there, both.
 */
export const credentialsBesideExchangedOnes = attack({
  kind: 'forge',
  id: 'RBD-09',
  title: "The client's own token goes on beside the exchanged one",
  control: 'POP-PL-05',
  layer: 'platform',
  spec: ['RFC9700§2.3'],
  prod: 'P1',
  needs: ['dpop', 'rebound', 'witness'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['authorization', 'dpop'],
  forge: (honest) => [honest],
})
