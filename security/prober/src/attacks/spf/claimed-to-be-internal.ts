import { attack } from '../../attack.js'

/**
 * The attacker says in forwarding fields that the request comes from inside, and sends no credentials.
 * A server that asks nothing of its own network believes it.
 */
export const claimedToBeInternal = attack({
  kind: 'forge',
  id: 'SPF-10',
  title: 'A request that claims to come from inside needs no token',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC7239§8.1'],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest) => {
    const inside = [
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Real-IP', '127.0.0.1'],
      ['X-Envoy-Internal', 'true'],
      ['Forwarded', 'for=127.0.0.1'],
    ] as const
    return [{ ...honest, authorization: [], dpop: [], certificate: 'none', fields: [...honest.fields, ...inside] }]
  },
})
