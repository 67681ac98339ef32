import { attack } from '../../attack.js'

/**
 * The thief has a proof that the victim made for a harmless path, and names that path in X-Original-URL and its kin.
 * A server that takes the target from these fields, as it must behind some gateways, compares the proof with what the thief said.
 */
export const originalUrl = attack({
  kind: 'forge',
  id: 'SPF-09',
  title: 'The client decides with which path a proof is compared',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'path.stray'],
  forge: (honest, kit) => {
    const names = ['X-Original-URL', 'X-Original-URI', 'X-Rewrite-URL', 'X-Forwarded-Uri', 'X-Envoy-Original-Path']
    const dpop = [kit.owner({ ...honest, target: '/harmless' })]
    return [{ ...honest, dpop, fields: [...honest.fields, ...names.map((name) => [name, '/harmless'] as const)] }]
  },
})
