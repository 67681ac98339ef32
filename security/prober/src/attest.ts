import type { KeyObject } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import type { AttestOptions, Exchange, Field } from './attack.js'
import { decode, jwkThumbprint, random, signRaw, thumbprintOfJwk } from './jose.js'

/** A hop whose test credential the prober holds. */
export type PlayedHop = {
  readonly hop: string
  readonly key: KeyObject
  /** External base that the hop would attest. */
  readonly base: string
  /** The authority under which it would call the next hop. */
  readonly authority: string
  /** Epoch seconds. */
  readonly now: number
  /** Thumbprint that the honest client proves. */
  readonly jkt: string
}

/** Attests an exchange as that hop, honestly or with the departures named. RFC 9421; written apart from the engine. */
export function attestAs(played: PlayedHop, exchange: Exchange, options: AttestOptions = {}): Exchange {
  const mark = exchange.target.indexOf('?')
  const path = mark === -1 ? exchange.target : exchange.target.slice(0, mark)
  const query = mark === -1 ? '?' : exchange.target.slice(mark)
  const [authorization = ''] = exchange.authorization
  const [dpop] = exchange.dpop
  const isBearer = !/^dpop /i.test(authorization)
  const kept = (component: string) => !options.omit?.includes(component.split('"')[1] ?? '')

  const statement = [
    `;m="${options.method ?? exchange.method}"`,
    `;u="${options.target ?? played.base + path}"`,
    `;b="${isBearer ? 'bearer' : 'dpop'}"`,
    ...(isBearer ? [] : [`;k="${options.jkt ?? provenIn(dpop) ?? played.jkt}"`]),
  ].join('')
  const signer = options.foreignKey ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : played.key
  const parameters = (tag: string) =>
    [
      `;created=${played.now + (options.createdOffset ?? 0)}`,
      `;expires=${played.now + 10 + (options.expiresOffset ?? 0)}`,
      `;nonce="${options.nonce ?? random()}"`,
      ...(options.alg === undefined ? [] : [`;alg="${options.alg}"`]),
      `;keyid="${jwkThumbprint(played.key)}"`,
      `;tag="${options.tag ?? tag}"`,
    ].join('')

  const covered: Field[] = [
    [`"everyhop-hop";key="${played.hop}"`, `?1${statement}`],
    ['"authorization"', authorization],
    ...(dpop === undefined ? [] : [['"dpop"', dpop] as const]),
  ]
  const travelling = signature(
    covered.filter(([name]) => kept(name)),
    parameters('everyhop-hop'),
    signer,
  )
  const linked: Field[] = [
    ['"@method"', exchange.method],
    ['"@authority"', options.authority ?? played.authority],
    ['"@path"', path],
    ['"@query"', query],
    [`"signature";key="${played.hop}"`, `:${travelling.value}:`],
  ]
  const link = signature(
    linked.filter(([name]) => kept(name)),
    parameters('everyhop-link'),
    signer,
  )

  return {
    ...exchange,
    fields: [
      ...exchange.fields,
      ['Everyhop-Hop', played.hop + statement],
      ['Signature-Input', `${played.hop}=${travelling.input}, link=${link.input}`],
      ['Signature', `${played.hop}=:${travelling.value}:, link=:${link.value}:`],
    ],
  }
}

/** A hop attests the key that a proof shows, whoever's it is. */
const provenIn = (proof: string | undefined): string | undefined => (proof === undefined ? undefined : thumbprintOfJwk(decode(proof).header['jwk']))

function signature(lines: readonly Field[], parameters: string, key: KeyObject): { readonly input: string; readonly value: string } {
  const input = `(${lines.map(([name]) => name).join(' ')})${parameters}`
  const base = [...lines.map(([name, value]) => `${name}: ${value}`), `"@signature-params": ${input}`].join('\n')
  return { input, value: signRaw(key, base).toString('base64') }
}
