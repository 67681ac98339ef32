import type { Answer } from '../attack.js'

/** The challenge of one scheme in an answer, without the scheme; undefined where there is none. RFC 9110 §11.6.1. */
export function challengeOf({ fields }: Answer, scheme: string): string | undefined {
  const values = fields.filter(([name]) => name.toLowerCase() === 'www-authenticate').map(([, value]) => value)
  const start = new RegExp(`^${scheme}(?: |$)`, 'i')
  return values
    .flatMap((value) => value.split(/,\s*(?=[\w-]+ [\w-]+=)/))
    .find((challenge) => start.test(challenge))
    ?.slice(scheme.length)
}
