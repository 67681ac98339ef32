import { createKeyPair } from './create-key-pair.js'
import type { KeyObject } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { AttestOptions, Exchange, Field } from './attack.js'
import { decode, jwkThumbprint, random, signRaw, thumbprintOfJwk } from './jose.js'

/** Hops whose test credentials the prober holds. */
export type Played = {
  /** From the client inwards: the last is the one that departs. */
  readonly path: readonly string[]
  readonly keys: ReadonlyMap<string, KeyObject>
  /** The authority under which each is called by the hop before it. */
  readonly authorities: ReadonlyMap<string, string>
  /** External base that the first would attest. */
  readonly base: string
  /** The authority under which the last would call the application. */
  readonly authority: string
  /** Epoch seconds. */
  readonly now: number
  /** Thumbprint that the honest client proves. */
  readonly jkt: string
}

/** What the hops so far have written. */
type Written = { readonly members: readonly Field[]; readonly inputs: readonly string[]; readonly signatures: readonly (readonly [string, string])[] }

const NOTHING: Written = { members: [], inputs: [], signatures: [] }

/** Attests an exchange as those hops: all but the last honestly, the last with the departures named. RFC 9421; written apart from the engine. */
export function attestAs(played: Played, exchange: Exchange, options: AttestOptions = {}): Exchange {
  const path = options.path ?? played.path
  let written: Written = NOTHING
  for (const [index, hop] of path.entries()) {
    const next = path[index + 1]
    const isLast = next === undefined
    const authority = isLast ? (options.authority ?? played.authority) : (played.authorities.get(next) ?? '')
    written = signAs({ ...played, hop, authority, isLast }, written, exchange, isLast ? options : statedIn(options))
  }
  const client = clientSignatureIn(exchange)
  return {
    ...exchange,
    fields: [
      ...exchange.fields.filter(([name]) => name !== 'Signature'),
      ['Everyhop-Hop', written.members.map(([hop, statement]) => hop + statement).join(', ')],
      ['Signature-Input', written.inputs.join(', ')],
      ['Signature', [...(client ? [client] : []), ...written.signatures].map(([label, value]) => `${label}=:${value}:`).join(', ')],
    ],
  }
}

/** What is said of the request is said by all; a departure in how it is signed is the last hop's alone. */
const statedIn = ({ target, method, jkt }: AttestOptions): AttestOptions => ({
  ...(target === undefined ? {} : { target }),
  ...(method === undefined ? {} : { method }),
  ...(jkt === undefined ? {} : { jkt }),
})

type Signing = Omit<Played, 'path'> & { readonly hop: string; readonly isLast: boolean }

function signAs(played: Signing, before: Written, exchange: Exchange, options: AttestOptions): Written {
  const { hop, isLast } = played
  const mark = exchange.target.indexOf('?')
  const path = mark === -1 ? exchange.target : exchange.target.slice(0, mark)
  const query = mark === -1 ? '?' : exchange.target.slice(mark)
  const [authorization = ''] = exchange.authorization
  const [dpop] = exchange.dpop
  const [, digest] = exchange.fields.find(([name]) => name.toLowerCase() === 'content-digest') ?? []
  const isBearer = !/^dpop /i.test(authorization)
  const kept = (component: string) => !options.omit?.includes(component.split('"')[1] ?? '')
  const previous = before.signatures.at(-1)

  const statement = [
    ...(previous === undefined ? [`;m="${options.method ?? exchange.method}"`, `;u="${options.target ?? played.base + path}"`] : []),
    `;b="${isBearer ? 'bearer' : 'dpop'}"`,
    ...(isBearer ? [] : [`;k="${options.jkt ?? provenIn(dpop) ?? played.jkt}"`]),
    ...(previous === undefined ? [] : [`;p="${hashOf(previous[1])}"`]),
  ].join('')
  const { signer, keyid } = signerOf(played, options)
  const parameters = (tag: string) =>
    [
      `;created=${played.now + (options.createdOffset ?? 0)}`,
      `;expires=${played.now + 10 + (options.expiresOffset ?? 0)}`,
      `;nonce="${options.nonce ?? random()}"`,
      ...(options.alg === undefined ? [] : [`;alg="${options.alg}"`]),
      `;keyid="${keyid}"`,
      `;tag="${options.tag ?? tag}"`,
    ].join('')

  const members: readonly Field[] = [...before.members, [hop, statement]]
  const honest: Field[] = [
    ...members.map(([one, text]): Field => [`"everyhop-hop";key="${one}"`, `?1${text}`]),
    ['"authorization"', authorization],
    ...(dpop === undefined ? [] : [['"dpop"', dpop] as const]),
    ...(digest === undefined ? [] : [['"content-digest"', digest] as const]),
  ]
  const signed = previous ?? clientSignatureIn(exchange)
  const covered: Field[] = options.coversSignature && signed ? [[`"signature";key="${signed[0]}"`, `:${signed[1]}:`]] : honest
  const travelling = signature(
    covered.filter(([name]) => kept(name)),
    parameters('everyhop-hop'),
    signer,
  )
  const own: Written = {
    members,
    inputs: [...before.inputs, `${hop}=${travelling.input}`],
    signatures: [...before.signatures, [hop, travelling.value]],
  }
  // The link of a hop before the last is replaced by the next one.
  if (!isLast) return own
  const linked: Field[] = [
    ['"@method"', exchange.method],
    ['"@authority"', played.authority],
    ['"@path"', path],
    ['"@query"', query],
    [`"signature";key="${hop}"`, `:${travelling.value}:`],
  ]
  const link = signature(
    linked.filter(([name]) => kept(name)),
    parameters('everyhop-link'),
    signer,
  )
  return { members, inputs: [...own.inputs, `link=${link.input}`], signatures: [...own.signatures, ['link', link.value]] }
}

function signerOf({ keys, hop }: Signing, { foreignKey, signsAs }: AttestOptions): { readonly signer: KeyObject; readonly keyid: string } {
  const own = keys.get(signsAs ?? hop)
  if (own === undefined) throw new TypeError(`the runner has no credential of ${signsAs ?? hop}`)
  if (foreignKey === undefined) return { signer: own, keyid: jwkThumbprint(own) }
  const signer = createKeyPair('ec', { namedCurve: 'P-256' }).privateKey
  return { signer, keyid: jwkThumbprint(foreignKey === 'under the key id of the hop' ? own : signer) }
}

/** The signature that the client itself put on the request, of the label `client`. */
function clientSignatureIn({ fields }: Exchange): readonly [string, string] | undefined {
  const [, value = ''] = fields.find(([name]) => name === 'Signature') ?? []
  const [, bytes] = /^client=:([^:]*):$/.exec(value) ?? []
  return bytes === undefined ? undefined : ['client', bytes]
}

/** A hop attests the key that a proof shows, whoever's it is. */
const provenIn = (proof: string | undefined): string | undefined => (proof === undefined ? undefined : thumbprintOfJwk(decode(proof).header['jwk']))

/** Of a signature in base64. */
const hashOf = (value: string): string => createHash('sha256').update(Buffer.from(value, 'base64')).digest('base64url')

function signature(lines: readonly Field[], parameters: string, key: KeyObject): { readonly input: string; readonly value: string } {
  const input = `(${lines.map(([name]) => name).join(' ')})${parameters}`
  const base = [...lines.map(([name, value]) => `${name}: ${value}`), `"@signature-params": ${input}`].join('\n')
  return { input, value: signRaw(key, base).toString('base64') }
}
