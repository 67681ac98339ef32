import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from 'jose'
import { start, type Mount } from '../applications.js'
import type { Stand } from '../stand.js'

/** What an application team that checks proofs by itself gets wrong. */
export type Mistake =
  | 'asks for no proof'
  | 'takes Bearer for a bound token'
  | 'takes Bearer beside a proof'
  | 'does not compare the key'
  | 'takes the kid for the key'
  | 'does not verify the token'
  | 'does not verify the proof'
  | 'does not ask for the audience'
  | 'does not ask for the type'
  | 'takes private keys'
  | 'takes the first of several proofs'
  | 'takes the last of several proofs'
  | 'forgets the token hash'
  | 'asks for the token hash where there is one'
  | 'forgets the method'
  | 'takes HEAD for GET'
  | 'forgets the target'
  | 'compares the start of the target'
  | 'compares targets by letter'
  | 'compares paths in small letters'
  | 'drops the last slash'
  | 'forgets the age'
  | 'forgets the future'
  | 'takes proofs without a time'
  | 'takes proofs without an identifier'
  | 'forgets replays'
  | 'asks a slow store for replays'
  | 'remembers replays by target'
  | 'remembers whole proofs'
  | 'lets in what it cannot read'
  | 'takes tokens from the query'
  | 'takes tokens from cookies'
  | 'knows the scheme in one spelling only'
  | 'asks for Bearer'
  | 'tells an error where nothing was sent'
  | 'believes X-User'

type Has = (mistake: Mistake) => boolean
type Caller = { readonly client: string }

class Refused extends Error {
  readonly isBare: boolean
  constructor(isBare = false) {
    super('refused')
    this.isBare = isBare
  }
}

/** An application with no part of ours: Express, jose, and checks that its team wrote, but for the mistakes. */
export async function startCheckedByHand(stand: Stand, mount: Mount, mistakes: readonly Mistake[] = []): Promise<void> {
  const has: Has = (mistake) => mistakes.includes(mistake)
  const { issuer, hops } = stand.chain
  const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`))
  const audience = [...new Set(stand.chain.routes.flatMap((route) => route.audience))]
  const [base = ''] = [...hops.values()].flatMap((hop) => hop.bases)
  const spent = new Map<string, number>()
  const callers = new WeakMap<Request, string>()

  async function check(request: Request): Promise<Caller> {
    const named = request.get('x-user')
    if (has('believes X-User') && named !== undefined) return { client: named }
    const { scheme, token } = credentialOf(request, has)
    const claims = await tokenClaims(token)
    const client = String(claims['client_id'])
    if (scheme === 'elsewhere') return { client }
    const jkt = (claims['cnf'] as { readonly jkt?: unknown } | undefined)?.jkt
    if (typeof jkt !== 'string') throw new Refused()
    const proofs = proofsOf(request, has)
    if (scheme === 'bearer') {
      if (has(proofs.length === 0 ? 'takes Bearer for a bound token' : 'takes Bearer beside a proof')) return { client }
      throw new Refused()
    }
    if (proofs.length === 0 && has('asks for no proof')) return { client }
    const [proof, ...more] = proofs
    if (proof === undefined || more.length > 0) throw new Refused()
    try {
      await checkProof(proof, { request, token, jkt })
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) || !has('lets in what it cannot read')) throw error
    }
    return { client }
  }

  async function tokenClaims(token: string): Promise<JWTPayload> {
    if (has('does not verify the token')) return decodeJwt(token)
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.url,
      algorithms: ['ES256'],
      ...(has('does not ask for the audience') ? {} : { audience }),
      ...(has('does not ask for the type') ? {} : { typ: 'at+jwt' }),
    })
    return payload
  }

  async function checkProof(text: string, { request, token, jkt }: { readonly request: Request; readonly token: string; readonly jkt: string }): Promise<void> {
    if (text.length > 8_192) throw new Refused()
    const [head = '', body = '', tail = '', ...rest] = text.split('.')
    const header = jsonIn(head)
    const claims = jsonIn(body)
    const jwk = header['jwk']
    if (rest.length > 0 || header['typ'] !== 'dpop+jwt' || header['alg'] !== 'ES256' || 'crit' in header || 'b64' in header) throw new Refused()
    if (!isPublicKey(jwk, has)) throw new Refused()
    const signature = Buffer.from(tail, 'base64url')
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk['x'], y: jwk['y'] } as JsonWebKey, format: 'jwk' })
    const isSigned = signature.length === 64 && verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, signature)
    if (!isSigned && !has('does not verify the proof')) throw new Refused()
    checkClaims(claims, { request, token, base, has })
    const thumbprint =
      has('takes the kid for the key') && typeof header['kid'] === 'string' ? header['kid'] : await calculateJwkThumbprint({ ...jwk, kty: 'EC', crv: 'P-256' })
    if (thumbprint !== jkt && !has('does not compare the key')) throw new Refused()
    await spend(claims, thumbprint, text)
  }

  async function spend({ jti, htu }: Claims, thumbprint: string, text: string): Promise<void> {
    const now = Date.now()
    for (const [id, until] of spent) if (until < now) spent.delete(id)
    const bare = has('remembers replays by target') ? `${thumbprint} ${String(jti)} ${String(htu)}` : `${thumbprint} ${String(jti)}`
    const id = has('remembers whole proofs') ? text : bare
    const isSpent = spent.has(id)
    if (has('asks a slow store for replays')) await new Promise((resolve) => setTimeout(resolve, 50))
    spent.set(id, now + 130_000)
    if (isSpent && !has('forgets replays')) throw new Refused()
  }

  const handler: RequestHandler = (request, response, next) => {
    if (request.method === 'TRACE' || countOf(request, 'host') > 1) return void response.sendStatus(request.method === 'TRACE' ? 405 : 400)
    check(request).then(
      ({ client }) => {
        callers.set(request, client)
        next()
      },
      (error: unknown) => {
        const isBare = error instanceof Refused && error.isBare && !has('tells an error where nothing was sent')
        const challenge = has('asks for Bearer') ? 'Bearer realm="api"' : 'DPoP algs="ES256"'
        response.set('WWW-Authenticate', challenge + (isBare ? '' : ', error="invalid_token"')).sendStatus(401)
      },
    )
  }
  await start(stand, mount, handler, (request) => callers.get(request) ?? '')
}

type Claims = Readonly<Record<string, unknown>>

const jsonIn = (part: string): Claims => {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
  if (typeof value !== 'object' || value === null) throw new TypeError('no object')
  return value as Claims
}

const valuesOf = ({ rawHeaders }: Request, name: string): readonly string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
const countOf = (request: Request, name: string): number => valuesOf(request, name).length

type Credential = { readonly scheme: 'dpop' | 'bearer' | 'elsewhere'; readonly token: string }

function credentialOf(request: Request, has: Has): Credential {
  const values = valuesOf(request, 'authorization')
  if (values.length === 0) {
    const query = has('takes tokens from the query') ? /[?&]access_token=([\w.-]+)/.exec(request.originalUrl)?.[1] : undefined
    const cookie = has('takes tokens from cookies') ? /access_token=([\w.-]+)/.exec(request.get('cookie') ?? '')?.[1] : undefined
    const token = query ?? cookie
    if (token === undefined) throw new Refused(true)
    return { scheme: 'elsewhere', token }
  }
  const [, scheme = '', token = ''] = values.length === 1 ? (/^(\S+) ([\w.~+/=-]+)$/.exec(values[0]!) ?? []) : []
  const lower = has('knows the scheme in one spelling only') ? { DPoP: 'dpop', Bearer: 'bearer' }[scheme] : scheme.toLowerCase()
  if (lower !== 'dpop' && lower !== 'bearer') throw new Refused()
  return { scheme: lower, token }
}

function proofsOf(request: Request, has: Has): readonly string[] {
  const values = valuesOf(request, 'dpop')
  if (has('takes the first of several proofs')) return values.flatMap((value) => value.split(/, ?/)).slice(0, 1)
  return has('takes the last of several proofs') ? values.flatMap((value) => value.split(/, ?/)).slice(-1) : values
}

/** RFC 7517: one spelling of a point of P-256, and nothing private. */
function isPublicKey(jwk: unknown, has: Has): jwk is Readonly<Record<string, string>> {
  const { kty, crv, x, y, d, k } = (jwk ?? {}) as Readonly<Record<string, unknown>>
  const isWhole = (part: unknown): boolean =>
    typeof part === 'string' && /^[\w-]{43}$/.test(part) && Buffer.from(part, 'base64url').toString('base64url') === part
  return kty === 'EC' && crv === 'P-256' && isWhole(x) && isWhole(y) && k === undefined && (d === undefined || has('takes private keys'))
}

type Asked = { readonly request: Request; readonly token: string; readonly base: string; readonly has: Has }

/** RFC 9449 §4.3. */
function checkClaims({ htm, htu, iat, jti, ath }: Claims, { request, token, base, has }: Asked): void {
  const now = Date.now() / 1000
  const method = has('takes HEAD for GET') && request.method === 'HEAD' ? 'GET' : request.method
  if (htm !== method && !has('forgets the method')) throw new Refused()
  if (!isTarget(String(htu), base + request.originalUrl.split('?')[0]!, has) && !has('forgets the target')) throw new Refused()
  if (typeof iat === 'number' ? !Number.isFinite(iat) : !(iat === undefined && has('takes proofs without a time'))) throw new Refused()
  if (typeof iat === 'number' && ((now - iat > 65 && !has('forgets the age')) || (iat - now > 10 && !has('forgets the future')))) throw new Refused()
  const isHashed = ath === createHash('sha256').update(token).digest('base64url')
  if (!isHashed && !has('forgets the token hash') && !(ath === undefined && has('asks for the token hash where there is one'))) throw new Refused()
  if ((typeof jti !== 'string' || jti === '') && !has('takes proofs without an identifier')) throw new Refused()
  if (typeof jti === 'string' && jti.length > 512) throw new Refused()
}

function isTarget(htu: string, expected: string, has: Has): boolean {
  const loose = (text: string): string => {
    const cased = has('compares paths in small letters') ? text.toLowerCase() : text
    return has('drops the last slash') ? cased.replace(/\/$/, '') : cased
  }
  if (loose(htu) === loose(expected)) return true
  if (has('compares targets by letter')) return false
  if (has('compares the start of the target') && htu.startsWith(expected)) return true
  if (!/^https?:\/\/(?:[\w-]+\.)*[\w-]+(?::\d+)?\/[^?#]*$/i.test(htu)) return false
  return new URL(htu.replaceAll(/%[46-7][\da-f]/gi, decodeURIComponent)).href === expected
}
