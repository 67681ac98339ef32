import { attack } from '../../attack.js'

/**
 * The attacker writes the coordinate of the key with a leading zero byte, which many decoders drop.
 * Where one key has two spellings it has two thumbprints, and a replay store keyed by thumbprint can be passed by.
 */
export const respelledKey = attack({
  kind: 'forge',
  id: 'KEY-04b',
  title: 'One key can be spelled in two ways',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7518§6.2.1.2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.key', 'token.other-key'],
  forge: (honest, kit) => {
    const key = kit.jwk('owner')
    const x = Buffer.concat([Buffer.alloc(1), Buffer.from(String(key['x']), 'base64url')]).toString('base64url')
    return [{ ...honest, dpop: [kit.owner(honest, {}, { jwk: { ...key, x } })] }]
  },
})
