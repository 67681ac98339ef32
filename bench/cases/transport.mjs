/** @typedef {import('../lab.mjs').Case} Case */

/** @type {readonly Case[]} */
export const transportCases = [
  {
    title: 'two proofs in one field, joined by a comma',
    want: 'refuse',
    because: 'RFC 9449 §4.3-1',
    attempt: async ({ token, prove, send }) => send(token, `${await prove()}, ${await prove()}`),
  },
  {
    title: 'two DPoP fields',
    want: 'refuse',
    because: 'RFC 9449 §4.3-1',
    attempt: async ({ token, prove, send }) => send(token, await prove(), { also: [['dpop', await prove()]] }),
  },
  {
    title: 'two Authorization fields, the second a stranger’s',
    want: 'refuse',
    because: 'two readers may take two credentials, RFC 9110 §5.3',
    choice: true,
    attempt: async ({ token, prove, send }) => send(token, await prove(), { also: [['authorization', 'Bearer e30.e30.AA']] }),
  },
  {
    title: 'two credentials in one field, joined by a comma',
    want: 'refuse',
    because: 'RFC 9110 §11.6.2',
    attempt: async ({ token, prove, send }) => send(`${token}, Bearer ${token}`, await prove()),
  },
]
