import { attack } from '../../attack.js'

/** The order of P-256, FIPS 186-5. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * The thief captures a spent proof and replaces `s` of its signature by `n - s`, which verifies just as well.
 * A replay store that remembers the text of a proof, or its signature, takes the second for something new.
 */
export const mirroredSignature = attack({
  kind: 'forge',
  id: 'PRF-14d',
  title: 'A spent proof works again after its signature was mirrored',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1', 'RFC7518§3.4'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.replayed', 'proof.signature'],
  forge: (honest) => {
    const mirrored = honest.dpop.map((proof) => {
      const end = proof.lastIndexOf('.') + 1
      const signature = Buffer.from(proof.slice(end), 'base64url')
      const s = ORDER - BigInt(`0x${signature.subarray(32).toString('hex')}`)
      const tail = Buffer.from(s.toString(16).padStart(64, '0'), 'hex')
      return proof.slice(0, end) + Buffer.concat([signature.subarray(0, 32), tail]).toString('base64url')
    })
    return [honest, { ...honest, dpop: mirrored }]
  },
})
