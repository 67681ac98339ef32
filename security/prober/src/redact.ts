/** A compact JWS: its first part is the base64url of an object, which starts like this. */
const JWS = /\beyJ[\w-]{8,}\.[\w-]*\.[\w-]*/g
const CREDENTIAL = /\b(DPoP|Bearer)\s+[\w.~+/-]{16,}=*/gi

/**
 * Takes out of every text of a value what looks like a token, a proof or a credential. None should be there: attacks from a folder,
 * and answers of strangers, are not to be trusted with that.
 */
export function redacted<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replace(CREDENTIAL, '$1 [removed]').replace(JWS, '[removed]') as Value
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member as unknown)])) as Value
}
