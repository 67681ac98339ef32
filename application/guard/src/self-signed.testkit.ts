import { sign, X509Certificate, type KeyObject } from 'node:crypto'

/** A self-signed certificate for EC P-256 with nothing in it but a name (RFC 5280 §4.1), since Node makes none. */
export function selfSigned(name: string, { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): X509Certificate {
  const named = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(name)))))
  const validity = der(0x30, time('20200101000000Z'), time('21000101000000Z'))
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const toSign = der(0x30, der(0xa0, der(0x02, Buffer.of(2))), der(0x02, Buffer.of(1)), ECDSA_SHA256, named, validity, named, spki)
  const signature = der(0x03, Buffer.of(0), sign('sha256', toSign, privateKey))
  return new X509Certificate(der(0x30, toSign, ECDSA_SHA256, signature))
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

const time = (text: string): Buffer => der(0x18, Buffer.from(text))

/** 2.5.4.3 */
const COMMON_NAME = der(0x06, Buffer.of(0x55, 0x04, 0x03))
/** 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = der(0x30, der(0x06, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)))
