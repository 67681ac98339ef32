import { attack } from '../../attack.js'

/**
 * The thief has a proof that the victim made for another API, and names that API's host in X-Forwarded-Host and Forwarded.
 * A server that builds the target from these fields compares the proof with what the thief said.
 */
export const forwardedHost = attack({
  kind: 'forge',
  id: 'SPF-08',
  title: 'The client decides with which host a proof is compared',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9', 'RFC7239§8.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'path.stray'],
  forge: (honest, kit) => {
    const forwarded = [
      ['X-Forwarded-Host', 'api.thief.example'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Port', '443'],
      ['Forwarded', 'host=api.thief.example;proto=https'],
    ] as const
    const dpop = [kit.owner(honest, { htu: `https://api.thief.example${honest.target.split('?')[0]}` })]
    return [{ ...honest, dpop, fields: [...honest.fields, ...forwarded] }]
  },
})
