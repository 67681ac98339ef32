import type { Discovered } from '@everyhop/prober'
import type { Answers } from './answers.js'
import type { Facts } from './facts.js'
import type { Tried } from './run.js'

type Summary = {
  readonly answers: Answers
  readonly found: Discovered
  readonly facts: Facts
  readonly manifest: string
  readonly tried: Tried
  /** What a consent names. */
  readonly thumbprint: string
}

/** What was found, what was tried, what is unknown, and what to do next. */
export function summaryOf({ answers, found, facts, manifest, tried, thumbprint }: Summary): string {
  const unknown = manifest.split('\n').flatMap((line) => /^\s*# unknown: (.*)$/.exec(line)?.[1] ?? [])
  const lines = [
    ...rows('found', foundLines(found)),
    ...rows('tried', triedLines(found, tried)),
    ...rows('unknown', unknown),
    ...rows('not there', found.notes),
    '',
    ...rows('written', [
      `${answers.file}: the chain, with what is unknown marked`,
      `${answers.runner}: the credentials of the prober, mode 0600; no secret that you gave`,
    ]),
    '',
    'Next',
    `  everyhop check -f ${answers.file}`,
    `  everyhop probe -f ${answers.file} --runner ${answers.runner} --plan`,
    `  everyhop probe -f ${answers.file} --runner ${answers.runner}`,
    ...(facts.isOnThisMachine
      ? []
      : ['', `Until the target consents, only class P1 runs there, one request a second. It consents to the runner ${thumbprint}.`]),
  ]
  return `${lines.join('\n').replace(/[^\P{Cc}\n]/gu, '?')}\n`
}

const rows = (title: string, texts: readonly string[]): readonly string[] => texts.map((text, index) => `${(index === 0 ? title : '').padEnd(10)}${text}`)

function foundLines({ issuer, resource, edge }: Discovered): readonly string[] {
  return [
    ...(issuer ? [`issuer ${issuer.url}, by its metadata`] : []),
    ...(resource ? [`resource ${String(resource['resource'])}, by its metadata`] : []),
    ...(edge
      ? [`the edge, which answers ${edge.status} without credentials${edge.schemes.length > 0 ? ` and asks for ${edge.schemes.join(' or ')}` : ''}`]
      : []),
  ]
}

function triedLines({ edge }: Discovered, { token, problem, isWithoutResource }: Tried): readonly string[] {
  if (token === undefined) return [`to get a token: ${problem}`]
  const { alg, typ } = token.header
  const shape = [alg, typ].filter((one) => typeof one === 'string').join(', ') || 'opaque'
  const { status } = token
  const opened = status !== undefined && status < 300
  return [
    `a token: ${shape}${isWithoutResource ? '; the issuer refuses the parameter resource' : ''}`,
    opened
      ? `the resource with it: ${status}${edge && edge.status < 300 ? ', and without it as well' : ''}`
      : `the resource with it: ${status ?? 'no answer'}: an honest request must be let in before anything is proven`,
  ]
}
