import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Answer, Claims, Exchange, Field, Sighting } from '../attack.js'
import { hash, jwkThumbprint, publicJwk } from '../jose.js'
import { attestationHolds } from './twin-attestation.testkit.js'
import { answerToMessage } from './twin-message.testkit.js'
import { json, proofHolds, type TwinProof } from './twin-proof.testkit.js'
import { covers } from '../attacks/covers.js'
import type { Fault } from './fault.testkit.js'
import { fieldList } from './field-list.testkit.js'
import { AUDIENCE, BASE, CERTIFICATES, hashBytes, INNER, ISSUER, KEYS, NONCE, NOW } from './world.testkit.js'

const FORGEABLE = /^(?:x[-_]|client[-_]cert|ssl-|remote-user|forwarded$|d_pop)/
const IDENTITY = ['x-user', 'x-forwarded-user', 'x_user']
const CERTIFICATE = ['client-cert', 'client-cert-chain', 'x-ssl-client-cert', 'x-forwarded-client-cert', 'x-client-cert']

export type TwinState = {
  readonly revoked: Set<string>
  /** What the monitoring of bearer use has told. */
  readonly alerts: { readonly waiver: string; readonly tokenId: string }[]
  /** Seconds since the start, moved on by the lab's `wait`. */
  elapsed: number
  readonly waiver: { readonly end: number; readonly route: string }
  /** The hops before the application. */
  readonly path: readonly string[]
  /** Whether the edge exchanges the client's token for its own. */
  readonly rebinds: boolean
}

export type Twin = { readonly send: (exchange: Exchange) => Promise<Answer>; readonly seen: (exchange: Exchange) => Sighting }

/** One edge and one application in a function, with every honest check of its own; each fault leaves one out. */
export function createTwin(faults: readonly Fault[], needsNonce: boolean, state: TwinState): Twin {
  const has = (fault: Fault): boolean => faults.includes(fault)
  const spent = new Set<string>()
  const nonces = new Set<string>()
  const arrived = new Map<Exchange, readonly Field[]>()

  const accept = (who: string): Answer => ({ status: 200, fields: [], accepted: true, who })
  const refuse = (isBare = false): Answer => {
    const scheme = has('challenge for bearer') ? 'Bearer realm="api"' : 'DPoP algs="ES256"'
    const error = isBare && !has('challenge names an error') ? '' : ', error="invalid_token"'
    return { status: 401, fields: [['WWW-Authenticate', scheme + error]], accepted: false }
  }

  const withNonce = (answer: Answer): Answer => {
    if (!needsNonce) return answer
    const kept = has('nonces in caches') ? [] : [['Cache-Control', 'no-store'] as const]
    return { ...answer, fields: [...answer.fields, ['DPoP-Nonce', NONCE], ...kept] }
  }

  async function send(exchange: Exchange): Promise<Answer> {
    const now = NOW + state.elapsed
    const list = received(exchange, has)
    const answer = answerToMessage(exchange, has) ?? withNonce(await decide(exchange, list, now))
    if (answer.accepted || has('edge attests unchecked')) {
      const own =
        state.rebinds && !has('edge keeps credentials') ? list.map(([name, value]) => [name, isOfClient(name) ? 'the hop’s own' : value] as const) : list
      const attested = has('edge attests unchecked') ? [...own, ['signature', 'edge'] as const] : own
      arrived.set(exchange, has('edge drops proof') ? attested.filter(([name]) => name !== 'dpop') : attested)
    }
    return answer
  }

  async function decide(exchange: Exchange, list: readonly Field[], now: number): Promise<Answer> {
    const all = (name: string) => list.filter(([field]) => field === name).map(([, value]) => value)
    if (has('refuses honest')) return refuse()
    const [digest] = all('content-digest')
    if (digest !== undefined && digest !== digestOf(exchange.body ?? '') && !has('content unread')) return refuse()
    const named = IDENTITY.map((name) => all(name)[0]).find((value) => value !== undefined)
    if (has('trusts identity fields') && named !== undefined) return accept(named)
    const shown = CERTIFICATE.map((name) => all(name)[0]).find((value) => value !== undefined)

    const credential = credentialOf(exchange, all, has)
    if (credential === undefined) {
      const isInside = has('asks for nothing inside') && all('x-forwarded-for')[0] === '127.0.0.1'
      return has('lets anybody in') || isInside ? accept('anybody') : refuse(all('authorization').length === 0)
    }
    const { scheme, token } = credential
    const [header, claims] = token.split('.', 2).map(json) as [Claims, Claims]
    if (header['kid'] !== 'issuer-1' && has('fails on unknown keys')) return { status: 503, fields: [], accepted: false }
    const isInside = state.rebinds && exchange.to.at === 'direct'
    if (!tokenHolds({ token, header, claims, now, audience: isInside ? INNER : AUDIENCE }, has)) return refuse()
    if (scheme === 'elsewhere') return accept(String(claims['client_id']))
    if (state.revoked.has(String(claims['jti'])) && !has('token revoked')) return refuse()

    const cnf = claims['cnf'] as Readonly<Record<string, string | readonly string[]>> | undefined
    if (isInside && !isOfTheEdge(claims) && !has('token actor')) return refuse()
    if (exchange.to.at === 'direct' && !isInside && !attestationHolds({ exchange, list, nonces, now, jkt: String(cnf?.['jkt'] ?? ''), path: state.path }, has))
      return refuse()
    const who = String(claims['client_id'])
    if (cnf === undefined) {
      const isHere = covers(state.waiver.route, exchange.target) || has('waiver scope')
      const isCovered =
        (now < state.waiver.end || has('waiver end') || (exchange.to.at === 'direct' && has('waiver end inside'))) &&
        isHere &&
        (exchange.from === undefined || has('waiver network'))
      if (who === 'partner' && isCovered) state.alerts.push({ waiver: 'W-7', tokenId: hash(String(claims['jti'])) })
      return (who === 'partner' && scheme === 'bearer' && isCovered) || has('unbound') ? accept(who) : refuse()
    }
    const isListed = Array.isArray(cnf['jkt']) && has('listed confirmation')
    if (cnf['x5t#S256'] !== undefined && !certificateHolds(exchange, String(cnf['x5t#S256']), shown, has)) return refuse()
    if (cnf['jkt'] === undefined && cnf['x5t#S256'] !== undefined) return accept(has('trusts certificate fields') && shown ? shown : who)
    if (typeof cnf['jkt'] !== 'string' && !isListed && !has('empty confirmation')) return refuse()

    const values = proofValues(all('dpop'), has)
    if (scheme === 'bearer') {
      if (!(values.length === 0 ? has('bound token as bearer') : has('bearer with proof'))) return refuse()
      return accept(who)
    }
    if (values.length === 0) return has('proof optional') ? accept(who) : refuse()
    if (has('proof unread')) return accept(who)
    if (values.length > 1) return refuse()
    let proof: TwinProof | undefined
    try {
      proof = proofHolds(values[0]!, { exchange, base: isInside ? INNER : BASE }, token, now, needsNonce && !isInside, has)
    } catch {
      return has('fails open') ? accept(who) : refuse()
    }
    if (proof === undefined) return refuse()
    const isBound = isListed
      ? (cnf['jkt'] as unknown[]).includes(proof.jkt)
      : proof.jkt === cnf['jkt'] || (cnf['jkt'] === undefined && has('empty confirmation'))
    if (!isBound && !has('key is the thief’s')) return refuse()

    const bare = has('replay by bare jti') ? proof.jti : `${proof.jkt} ${proof.jti}`
    const known = has('replay by text') ? proof.text : has('replay by target') ? `${bare} ${proof.htu}` : bare
    const id = has('replay by version') ? `${exchange.version ?? '1.1'} ${known}` : known
    const isSpent = spent.has(id)
    if (has('replay race')) await new Promise((resolve) => setImmediate(resolve))
    spent.add(id)
    if (isSpent && !has('replay')) return refuse()
    return accept(has('trusts certificate fields') && shown ? shown : who)
  }

  const seen = (exchange: Exchange): Sighting => {
    const list = arrived.get(exchange)
    const sent = fieldList(exchange)
    const of = (fields: readonly Field[], name: string) => fields.filter(([field]) => field === name).map(([, value]) => value)
    return {
      arrived: list !== undefined,
      count: (name) => of(list ?? [], name).length,
      intact: (name) => of(list ?? [], name).length > 0 && of(list ?? [], name).join() === of(sent, name).join(),
    }
  }
  return { send, seen }
}

const digestOf = (content: string): string => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`

const isOfClient = (name: string): boolean => name === 'authorization' || name === 'dpop'

/** What the application gets: a sound edge removes what only hops may set; what comes directly comes as it is. */
function received(exchange: Exchange, has: (fault: Fault) => boolean): readonly Field[] {
  let list = fieldList(exchange)
  if (has('loses odd case') && exchange.fields.some(([name]) => name === 'DPOP')) list = list.filter(([name]) => name !== 'dpop')
  if (has('honours connection') && exchange.fields.some(([name, value]) => name === 'Connection' && /dpop/i.test(value)))
    list = list.filter(([name]) => name !== 'dpop')
  if (has('drops long fields')) list = list.filter(([, value]) => value.length <= 8_192)
  if (has('merges trailers')) list = [...list, ...(exchange.trailers ?? []).map(([name, value]) => [name.toLowerCase(), value] as const)]
  if (has('folds underscores')) list = list.map(([name, value]) => [name.replace('d_pop', 'dpop'), value] as const)
  if (exchange.to.at !== 'edge') return list
  if (!has('edge forwards signatures')) list = list.filter(([name]) => !name.startsWith('signature'))
  if (!has('edge forwards forged fields')) return list.filter(([name]) => !FORGEABLE.test(name) || name === 'x-access-token')
  return list
}

type Credential = { readonly scheme: 'dpop' | 'bearer' | 'elsewhere'; readonly token: string }

function credentialOf(exchange: Exchange, all: (name: string) => readonly string[], has: (fault: Fault) => boolean): Credential | undefined {
  const elsewhere = (token: string | undefined): Credential | undefined => (token ? { scheme: 'elsewhere', token } : undefined)
  const values = has('splits authorization')
    ? all('authorization')
        .flatMap((value) => value.split(', '))
        .slice(0, 1)
    : all('authorization')
  if (values.length === 0) {
    if (has('token from query')) return elsewhere(/access_token=([\w.-]+)/.exec(exchange.target)?.[1])
    if (has('token from form')) return elsewhere(/access_token=([\w.-]+)/.exec(exchange.body ?? '')?.[1])
    if (has('token from cookie')) return elsewhere(/access_token=([\w.-]+)/.exec(all('cookie')[0] ?? '')?.[1])
    if (has('token from side field')) return elsewhere(all('x-access-token')[0])
    return undefined
  }
  const value = has('first authorization') ? values[0]! : has('last authorization') ? values.at(-1)! : values.length === 1 ? values[0]! : ''
  const [, scheme = '', token = ''] = /^(\S+) (\S+)$/.exec(value) ?? []
  if (has('scheme by search') && /Bearer (\S+)/.test(value)) return elsewhere(/Bearer (\S+)/.exec(value)?.[1])
  if (has('scheme by prefix') && /^DPoP.+ /.test(value)) return elsewhere(token)
  const lower = has('scheme by letter')
    ? scheme
        .replace('DPoP', 'dpop ')
        .replace(/^dpop$/, '')
        .trim()
    : scheme.toLowerCase()
  return lower === 'dpop' || lower === 'bearer' || scheme === 'Bearer' ? { scheme: lower === 'dpop' ? 'dpop' : 'bearer', token } : undefined
}

function proofValues(values: readonly string[], has: (fault: Fault) => boolean): readonly string[] {
  if (has('first proof')) return values.slice(0, 1)
  if (has('last proof')) return values.slice(-1)
  return has('splits proof') ? values.flatMap((value) => value.split(', ')).slice(0, 1) : values
}

/** What the edge has exchanged names it, and is bound to its key. */
function isOfTheEdge({ act, cnf }: Claims): boolean {
  return (act as Claims | undefined)?.['sub'] === 'edge' && (cnf as Claims | undefined)?.['jkt'] === jwkThumbprint(KEYS.edge)
}

type Held = { readonly token: string; readonly header: Claims; readonly claims: Claims; readonly now: number; readonly audience: string }

function tokenHolds({ token, header, claims, now, audience }: Held, has: (fault: Fault) => boolean): boolean {
  const [head = '', body = '', tail = ''] = token.split('.')
  if (claims['iss'] !== ISSUER && !has('token issuer')) return false
  if (header['typ'] !== 'at+jwt' && !has('token typ')) return false
  if (![claims['aud']].flat().includes(audience) && !has('token audience')) return false
  if (!(Number(claims['exp']) > now)) return false
  if (has('token signature') || (header['alg'] === 'none' && has('token alg none'))) return true
  const jwk = has('token header key') && header['jwk'] ? (header['jwk'] as Claims) : publicJwk(KEYS.issuer)
  const key = createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' })
  return header['alg'] === 'ES256' && verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(tail, 'base64url'))
}

function certificateHolds(exchange: Exchange, x5t: string, shown: string | undefined, has: (fault: Fault) => boolean): boolean {
  if (has('one binding of two')) return true
  if (has('trusts certificate fields') && shown !== undefined) {
    const bytes = Buffer.from(decodeURIComponent(shown).replaceAll(':', ''), 'base64')
    return hashBytes(bytes) === x5t
  }
  if (exchange.serverName !== undefined && has('certificate by server name')) return true
  if (exchange.certificate === 'none') return has('certificate optional')
  return has('any certificate') || hashBytes(CERTIFICATES[exchange.certificate]) === x5t
}
