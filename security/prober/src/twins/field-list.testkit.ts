import type { Exchange, Field } from '../attack.js'

/** Every field of an exchange as a server finds it, in the order sent. */
export const fieldList = ({ authorization, dpop, fields }: Exchange): readonly Field[] => [
  ...authorization.map((value) => ['authorization', value] as const),
  ...dpop.map((value) => ['dpop', value] as const),
  ...fields.map(([name, value]) => [name.toLowerCase(), value] as const),
]
