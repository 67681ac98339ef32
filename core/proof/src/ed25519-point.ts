/** The y coordinates of the eight points of small order, as in a key without its sign bit; four more have another sign alone. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** 2²⁵⁵ − 19, and all above it that 255 bits hold: RFC 8032 §5.1.3 knows no such y. */
const OUT_OF_FIELD = /^(?:e[d-f]|f[\da-f])(?:ff){30}7f$/

/**
 * Whether 32 bytes can be somebody's Ed25519 key. Signatures under a key of small order can be made by anybody: a token bound to
 * such a key would be a bearer token, and the OpenSSL of Node 20 and 22 verifies them. RFC 8032 §5.1.3, §8.9.
 */
export function isSoundPoint(key: Buffer): boolean {
  const y = Buffer.from(key)
  y[31]! &= 0x7f
  const hex = y.toString('hex')
  return !SMALL_ORDER.has(hex) && !OUT_OF_FIELD.test(hex)
}
