import { attack } from '../../attack.js'

/**
 * The attacker adds a byte to the signature of a good proof.
 * A server that reads the first 64 bytes and ignores the rest has one proof in many spellings.
 */
export const longerSignature = attack({
  kind: 'forge',
  id: 'PRF-14b',
  title: 'A signature with bytes to spare is accepted',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC7518§3.4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.signature'],
  forge: (honest) => [
    {
      ...honest,
      dpop: honest.dpop.map((proof) => {
        const end = proof.lastIndexOf('.') + 1
        return proof.slice(0, end) + Buffer.concat([Buffer.from(proof.slice(end), 'base64url'), Buffer.alloc(1)]).toString('base64url')
      }),
    },
  ],
})
