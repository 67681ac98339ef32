import { sign } from 'node:crypto'

/** A self-signed certificate of a P-256 key, DER, with nothing in it but a name: RFC 5280 §4.1. Node makes none.
 * @param {string} name
 * @param {import('./world.mjs').Client} client */
export function selfSigned(name, { publicKey, privateKey }) {
  const named = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(name)))))
  const validity = der(0x30, der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from('21000101000000Z')))
  const key = publicKey.export({ format: 'der', type: 'spki' })
  const toSign = der(0x30, der(0xa0, der(0x02, Buffer.of(2))), der(0x02, Buffer.of(1)), ECDSA_SHA256, named, validity, named, key)
  return der(0x30, toSign, ECDSA_SHA256, der(0x03, Buffer.of(0), sign('sha256', toSign, privateKey)))
}

/** @param {number} tag
 * @param {readonly Uint8Array[]} parts */
function der(tag, ...parts) {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

/** 2.5.4.3 */
const COMMON_NAME = der(0x06, Buffer.of(0x55, 0x04, 0x03))
/** 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = der(0x30, der(0x06, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)))
