import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadManifest } from './load.js'
import { HONEST, TWO_ISSUERS } from './sample.fixture.js'
import { compileSlices } from './slices.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everyhop-manifest-'))
})
afterAll(() => rm(folder, { recursive: true }))

let count = 0
/** Within the honest waiver. */
const NOW = Date.parse('2026-11-02') / 1_000

async function load(text: string, environment?: string) {
  const file = join(folder, `${++count}.yaml`)
  await writeFile(file, text)
  return loadManifest(file, { now: NOW, ...(environment === undefined ? {} : { environment }) })
}

/** `code @ the text at its line and column`, so that positions are checked against the file itself. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const loaded = await load(text)
  const lines = text.split('\n')
  return loaded.ok
    ? []
    : loaded.problems.map(({ code, line, column }) => `${code} @ ${/^[^\s,{}[\]:]*(?=:|[\s,}\]]|$)/.exec(lines[line - 1]?.slice(column - 1) ?? '')?.[0] ?? ''}`)
}

/** What to replace, by what, and the one problem that must follow. */
const SPOILED: readonly (readonly [title: string, from: string, to: string, problem: string])[] = [
  ['an unknown key', 'policy: { binding', 'policy: { bindng: [dpop], binding', 'key.unknown @ bindng'],
  ['a missing owner', 'kind: guard, owner: orders,', 'kind: guard,', 'key.missing @ orders'],
  ['an unknown kind', 'kind: guard', 'kind: gaurd', 'value.unknown @ gaurd'],
  ['a number for text', 'reason: their stack cannot sign proofs yet', 'reason: 7', 'value.type @ 7'],
  ['a duration without a unit', 'proofAge: 60s', 'proofAge: 60s60', 'value.form @ 60s60'],
  ['a proof that lives too long', 'proofAge: 60s', 'proofAge: 10m', 'policy.limit @ 10m'],
  ['a key twice', 'chain: orders', 'chain: orders\nchain: orders', 'yaml.duplicate-key @ chain'],
  ['an unknown team', 'kind: guard, owner: orders', 'kind: guard, owner: order', 'team.unknown @ order'],
  ['an unknown hop in via', 'via: [[edge]]', 'via: [[egde]]', 'hop.unknown @ egde'],
  ['an unknown client on a route', 'clients: [shop, billco], level', 'clients: [shop, bilco], level', 'client.unknown @ bilco'],
  ['an unknown waiver', 'waiver: W-7', 'waiver: W-8', 'waiver.unknown @ W-8'],
  ['a hop called issuer', '  orders: { kind: guard', '  issuer: { kind: guard, owner: orders }\n  orders: { kind: guard', 'hop.reserved @ issuer'],
  [
    'a hop called as the signature between hops',
    '  orders: { kind: guard',
    '  link: { kind: guard, owner: orders }\n  orders: { kind: guard',
    'hop.reserved @ link',
  ],
  ['a host in capitals', 'https://api.example.com]', 'https://API.example.com]', 'url.spelling @ https'],
  ['plain http away from loopback', 'https://id.example.com', 'http://id.example.com', 'url.plain @ http'],
  ['two replay authorities', 'forward: attested', 'forward: attested, replayAuthority: true', 'replay.twice @ '],
  ['no replay authority', 'replayAuthority: true', 'replayAuthority: false', 'replay.nobody @ '],
  ['an edge without a base', 'base: [https://api.example.com], ', '', 'hop.no-base @ edge'],
  ['a base where nobody enters', 'ingress: http', 'base: [https://b.example.com], ingress: http', 'hop.stray-base @ base'],
  ['an application nobody can reach', ', ingress: http://127.0.0.1:8080', '', 'hop.no-authority @ orders'],
  ['an attesting hop without keys', /, keys: \[.*?\}\]/.exec(HONEST)?.[0] ?? '', '', 'hop.no-keys @ forward'],
  ['gateway-only without a waiver', 'forward: attested', 'forward: gateway-only', 'hop.unwaived @ gateway-only'],
  ['a client bound to nothing', 'kind: service', 'kind: service, binding: []', 'client.unbound @ '],
  ['AL0 for a bound client', 'level: AL2', 'level: AL0', 'level.unwaived @ AL0'],
  ['a body that no hop covers', 'via: [[edge]]', 'via: [[]], body: covered', 'route.body @ covered'],
  ['a control that cannot be waived', 'control: POP-ID-01', 'control: POP-AP-04', 'waiver.forbidden @ POP-AP-04'],
  ['one approver', ', { by: eve@example.com, team: red }', '', 'waiver.approvals @ '],
  ['a waiver too long', 'end: 2026-12-01', 'end: 2026-12-02', 'waiver.length @ 2026-12-02'],
  ['a day that does not exist', 'end: 2026-12-01', 'end: 2026-11-31', 'waiver.date @ 2026-11-31'],
  ['an untested alert', ', tested: 2026-10-20', '', 'waiver.untested @ '],
  ['a ceiling above that of bound tokens', 'tokenLifetime: 5m', 'tokenLifetime: 10m', 'waiver.lifetime @ 10m'],
  ['a waiver for another client', '    clients: [billco]', '    clients: [shop]', 'waiver.other-client @ W-7'],
  ['a canary resource on no route', 'resource: /orders/canary', 'resource: /canary', 'probe.resource @ /canary'],
  ['a client of an unknown issuer', 'kind: service', 'kind: service, issuer: partnr', 'issuer.unknown @ partnr'],
  ['an issuer twice', 'hops:\n', 'issuers: { other: { url: https://id.example.com, owner: identity } }\nhops:\n', 'issuer.twice @ https'],
  [
    'a secret where opaque tokens are asked about',
    'owner: identity, tokens',
    'introspection: https://u:p@id.example.com/i, owner: identity, tokens',
    'url.userinfo @ https',
  ],
  ['a canary of another issuer', '  shop: {', '  canary-a: { kind: service, issuer: partner }\n  shop: {', 'probe.issuer @ canary-a'],
  ['an issuer that signs with a shared secret', 'alg: [ES256]', 'alg: [HS256]', 'value.unknown @ HS256'],
  ['an issuer that signs nothing, and is asked about nothing', 'alg: [ES256]', 'alg: []', 'issuer.no-tokens @ '],
  ['questions about tokens that nobody answers', 'owner: identity, tokens', 'owner: identity, introspects: [jwt], tokens', 'issuer.introspection @ '],
  ['a proof from too far ahead', 'proofAge: 60s', 'proofEarly: 6m', 'policy.limit @ 6m'],
  ['a rewrite to the whole path', 'forward: attested', 'forward: attested, rewrite: { from: /api, to: / }', 'value.form @ /'],
  ['AL0 for any client', 'clients: [shop, billco], level: AL2', 'clients: any, level: AL0', 'level.unwaived @ AL0'],
  ['any client of several issuers', 'clients: [shop, billco], level', 'clients: any, level', 'route.any-issuer @ any'],
  [
    'a route of which a rewriting hop passes nothing',
    'forward: attested',
    'forward: attested, rewrite: { from: /stock, to: /v1 }',
    'route.rewritten @ /orders/**',
  ],
  ['an observed route without an end', 'level: AL2', 'level: AL2, observe: {}', 'key.missing @ observe'],
  ['an observed route on a day that does not exist', 'level: AL2', 'level: AL2, observe: { until: 2026-11-31 }', 'observe.date @ 2026-11-31'],
  ['an observed route whose application knows nothing of it', 'kind: guard, owner: orders', 'kind: application, owner: orders', 'observe.nobody @ observe'],
  ['a route observed for too long', 'level: AL2', 'level: AL2, observe: { until: 2027-02-01 }', 'observe.length @ 2027-02-01'],
  ['no security team', 'layer: security', 'layer: application', 'owner.gap @ teams'],
  ['two security teams', 'orders: { layer: application', 'orders: { layer: security', 'owner.tie @ teams'],
]

test('the honest manifest loads, and says which defaults it took', async () => {
  const loaded = await load(HONEST)
  expect(loaded.ok || loaded.problems).toBe(true)
  expect(loaded.ok && loaded.defaults.map(({ path }) => path)).toContain('policy/skew')
})

for (const [title, from, to, problem] of SPOILED) {
  test(`${title}: ${problem}`, async () => {
    expect(from !== '' && HONEST.includes(from)).toBe(true)
    const honest = problem.startsWith('observe.nobody')
      ? HONEST.replace('level: AL2', 'level: AL2, observe: { until: 2026-12-01 }')
      : problem.startsWith('route.any-issuer')
        ? TWO_ISSUERS
        : HONEST
    expect(await problemsOf(honest.replace(from, to))).toContain(problem)
  })
}

test('what has several forms says which, and what is wrong in the nearest one', async () => {
  const first = async (from: string, to: string) => {
    const loaded = await load(HONEST.replace(from, to))
    return loaded.ok ? undefined : loaded.problems[0]
  }
  expect(await first('clients: [shop, billco], level', 'clients: anyone, level')).toMatchObject({ message: '`clients` must be `any` or a list' })
  expect(await first('typ: at+jwt', 'typ: { a: b }')).toMatchObject({ message: '`typ` must be text or a list' })
  expect(await first('crv: Ed25519', 'crv: P-384')).toMatchObject({ message: '`P-384` is not a value of `crv`' })
  expect(await first('keys: [{', 'keys: [edge.json, {')).toMatchObject({ hint: expect.stringContaining('file:PATH') })
})

test('five mistakes give five problems, each at its place, in the order of reading', async () => {
  const text = HONEST.replace('kind: guard, owner: orders', 'kind: guard, owner: order')
    .replace('policy: {', 'policy: { nonse: off,')
    .replace('kind: service', 'kind: sevice')
    .replace('clients: [shop, billco], level', 'clients: [shop, bilco], level')
    .replace('end: 2026-12-01', 'end: 2027-12-01')
  expect(await problemsOf(text)).toEqual([
    'team.unknown @ order',
    'key.unknown @ nonse',
    'value.unknown @ sevice',
    'client.unknown @ bilco',
    'waiver.length @ 2027-12-01',
  ])
})

test('an environment lays its bases over the manifest, and another one is refused', async () => {
  const loaded = await load(HONEST, 'production')
  expect(loaded.ok && loaded.chain.hops.get('edge')?.bases).toEqual(['https://api.example.org'])
  expect(loaded.ok && loaded.chain.production).toBe(true)
  const other = await load(HONEST, 'prodution')
  expect(!other.ok && other.problems[0]).toMatchObject({ code: 'environment.unknown', hint: 'did you mean `production`?' })
})

test('the digest is that of the content: comments do not count, a changed policy does', async () => {
  const digest = async (text: string) => {
    const loaded = await load(text)
    return loaded.ok ? loaded.chain.digest : undefined
  }
  const honest = await digest(HONEST)
  expect(honest).toMatch(/^[\w-]{43}$/)
  expect(await digest(`# a comment\n${HONEST}`)).toBe(honest)
  expect(await digest(HONEST.replace('proofAge: 60s', 'proofAge: 61s'))).not.toBe(honest)
})

test('the slices: the edge is reached directly, the application attested by the edge, which alone is its neighbour', async () => {
  const loaded = await load(HONEST)
  const [edge, orders] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(edge).toMatchObject({ hop: 'edge', replayAuthority: false, routes: [{ via: [[]], mode: 'direct', next: 'orders' }], next: { mode: 'attested' } })
  expect(orders).toMatchObject({ hop: 'orders', replayAuthority: true, bases: ['https://api.example.com'], routes: [{ via: [['edge']], mode: 'attested' }] })
  expect(orders?.neighbours.map(({ hop }) => hop)).toEqual(['edge'])
  expect(orders?.waivers).toMatchObject([{ id: 'W-7', clients: ['billco'], tokenLifetime: 300 }])
})

test('several issuers: each hop knows those whose clients use it, and each speaks for its own only', async () => {
  const loaded = await load(TWO_ISSUERS)
  expect(loaded.ok || loaded.problems).toBe(true)
  const [, orders] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(orders?.issuers).toEqual([
    { url: 'https://id.example.com', algs: ['ES256'], typ: ['at+jwt'], clients: ['shop', 'canary-a', 'canary-b'] },
    {
      url: 'https://partner.example',
      algs: ['ES256'],
      typ: ['jwt'],
      jwksUri: 'https://partner.example/keys',
      revocations: 'https://partner.example/revoked',
      introspection: 'https://partner.example/introspect',
      introspects: ['opaque', 'jwt'],
      grantClaim: 'sid',
      extraConfirmation: true,
      clients: ['bill-co'],
    },
  ])
  const live = await load(TWO_ISSUERS, 'production')
  expect(live.ok && live.chain.issuers.get('partner')?.introspection).toBe('https://partner.example/live')
  const alone = await load(TWO_ISSUERS.replace('clients: [shop, billco]', 'clients: [shop]'))
  expect(alone.ok && compileSlices(alone.chain)[1]?.issuers.map(({ url }) => url)).toEqual(['https://id.example.com'])
})

test('a route for any client takes undeclared ones too, bound as the policy says, and keeps the waivers of those declared', async () => {
  const open = HONEST.replace('clients: [shop, billco], level', 'clients: any, level')
  const loaded = await load(open)
  const [, orders] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(orders?.routes).toMatchObject([{ clients: 'any', bindings: ['dpop'] }])
  expect(orders?.waivers).toMatchObject([{ id: 'W-7', clients: ['billco'] }])
  const nobody = await load(
    open
      .replace(/clients:\n(?: {2}.*\n){2}/, 'clients: {}\n')
      .replace(/waivers:\n[^]*?(?=probe:)/, '')
      .replace(/probe: .*\n/, ''),
  )
  const [edge] = nobody.ok ? compileSlices(nobody.chain) : []
  expect(edge?.routes).toMatchObject([{ clients: 'any', bindings: ['dpop'] }])
  expect(edge?.issuers.map(({ url }) => url)).toEqual(['https://id.example.com'])
})

test('one issuer speaks for whatever client a route allows, and the slice has how early a proof may be', async () => {
  const loaded = await load(HONEST)
  const [edge] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(edge?.issuers).toEqual([{ url: 'https://id.example.com', algs: ['ES256'], typ: ['at+jwt'] }])
  expect(edge?.proof).toMatchObject({ maxEarly: 5, skew: 5 })
  const early = await load(TWO_ISSUERS)
  expect(early.ok && compileSlices(early.chain)[0]?.proof).toMatchObject({ maxEarly: 10, skew: 5 })
})

test('algorithms: all that the engine knows, RS256 for tokens only, and the message says why', async () => {
  const text = (proofAlg: string) =>
    HONEST.replace('alg: [ES256]', 'alg: [RS256, ES512]').replace('binding: [dpop]', `binding: [dpop], proofAlg: [${proofAlg}]`)
  const loaded = await load(text('ES256, ES384, ES512, EdDSA, PS256, PS384, PS512'))
  const [edge] = loaded.ok ? compileSlices(loaded.chain) : []
  expect(edge?.proof.algs).toEqual(['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512'])
  expect(edge?.issuers[0]?.algs).toEqual(['RS256', 'ES512'])
  const refused = await load(text('ES256, RS256'))
  expect(refused.ok || refused.problems).toMatchObject([{ code: 'value.unknown', hint: expect.stringMatching(/RS256 is for tokens.*PS256/) }])
})

/** The honest manifest within FAPI 2.0: no bearer tokens, and revocations are known. */
const FAPI = HONEST.replace('policy: { binding', 'policy: { profile: fapi2, binding')
  .replace('partner, waiver: W-7', 'partner')
  .replace('url: https://id.example.com', 'url: https://id.example.com, revocations: https://id.example.com/revoked')

const OUT_OF_PROFILE: readonly (readonly [title: string, from: string, to: string, problem: string, reason: RegExp])[] = [
  ['RS256 tokens', 'alg: [ES256]', 'alg: [ES256, RS256]', 'profile.algorithms @ RS256', /section 5\.4/],
  ['proofs by ES512', 'binding: [dpop]', 'binding: [dpop], proofAlg: [ES256, ES512]', 'profile.algorithms @ ES512', /section 5\.4/],
  ['proofs from two minutes ahead', 'proofAge: 60s', 'proofEarly: 2m', 'profile.limit @ 2m', /section 5\.3\.2\.1/],
  ['clocks that may not differ by ten seconds', 'proofAge: 60s', 'proofEarly: 5s', 'profile.limit @ 5s', /section 5\.3\.2\.1/],
  ['bearer tokens', 'kind: partner', 'kind: partner, waiver: W-7', 'profile.bearer @ W-7', /section 5\.3\.2\.1/],
  ['an issuer whose revocations nobody knows', ', revocations: https://id.example.com/revoked', '', 'profile.revocation @ ', /section 5\.3\.4/],
  ['mutual TLS in MCP', 'profile: fapi2, binding: [dpop]', 'profile: mcp, binding: [mtls]', 'profile.bindings @ mtls', /SEP-1932/],
  ['a client bound by mutual TLS in MCP', 'profile: fapi2', 'profile: mcp', 'profile.bindings @ mtls', /SEP-1932/],
  ['old proofs refused in MCP', 'profile: fapi2', 'profile: mcp', 'profile.limit @ 60s', /SEP-1932/],
]

for (const [title, from, to, problem, reason] of OUT_OF_PROFILE) {
  test(`outside its profile: ${title}: ${problem}`, async () => {
    const text = problem.endsWith('mtls') && !to.includes('mtls') ? FAPI.replace('kind: service', 'kind: service, binding: [mtls]') : FAPI
    expect(text.includes(from)).toBe(true)
    const spoiled = text.replace(from, to)
    expect(await problemsOf(spoiled)).toContain(problem)
    const loaded = await load(spoiled)
    const [code] = problem.split(' ')
    expect(loaded.ok ? '' : loaded.problems.find((one) => one.code === code)?.hint).toMatch(reason)
  })
}

test('a profile gives the defaults, and what is stricter stays', async () => {
  const policyOf = async (text: string) => {
    const loaded = await load(text)
    return loaded.ok ? loaded.chain.policy : loaded.problems
  }
  expect(await policyOf(FAPI)).toMatchObject({ proofAlgs: ['PS256', 'ES256', 'EdDSA'], proofAge: 60, proofEarly: 10, skew: 10 })
  expect(await policyOf(FAPI.replace('proofAge: 60s', 'proofAlg: [ES256], proofAge: 20s, skew: 20s'))).toMatchObject({
    proofAlgs: ['ES256'],
    proofAge: 20,
    proofEarly: 10,
    skew: 20,
  })
  const mcp = FAPI.replace('profile: fapi2', 'profile: mcp').replace(', proofAge: 60s', '')
  expect(await policyOf(mcp)).toMatchObject({ proofAge: 300, proofEarly: 300 })
  const asked = FAPI.replace('revocations: https://id.example.com/revoked', 'introspection: https://id.example.com/introspect, introspects: [opaque, jwt]')
  expect(await policyOf(asked)).toMatchObject({ proofAge: 60 })
})

test('an observed route says until when in the slice of the hop that answers; one that has ended loads, and enforces', async () => {
  const loaded = await load(TWO_ISSUERS)
  const until = Date.parse('2026-12-31') / 1_000
  expect(loaded.ok && compileSlices(loaded.chain).map(({ routes }) => routes.map(({ observeUntil }) => observeUntil))).toEqual([
    [undefined, undefined],
    [undefined, until],
  ])
  const ends = async (day: string) => (await load(TWO_ISSUERS.replace('until: 2026-12-31', `until: ${day}`))).ok
  expect([await ends('2025-12-31'), await ends('2027-01-31')]).toEqual([true, true])
})

test('a name that is unknown in many places is one problem, at the first, and what follows from it is none', async () => {
  const gone = await load(HONEST.replace(/ {2}identity: \{ layer.*\n/, ''))
  expect(gone.ok || gone.problems).toMatchObject([
    { code: 'team.unknown', line: 7, column: 47, message: 'no team is called `identity`, which is named in line 14, line 15, line 25 too' },
  ])
  const red = await load(HONEST.replace(/ {2}red: \{ layer.*\n/, ''))
  expect(red.ok || red.problems.map(({ code }) => code)).toEqual(['team.unknown'])
  const route = await load(HONEST.replace('at: orders,', 'at: orders, bdy: covered, level: 7,').replace(', level: AL2 }', ' }'))
  expect(route.ok || route.problems.map(({ code }) => code)).toEqual(['key.unknown', 'value.unknown'])
})

test('a hop may rewrite a part of what its routes take', async () => {
  for (const from of ['/orders', '/orders/v1']) {
    const loaded = await load(HONEST.replace('forward: attested', `forward: attested, rewrite: { from: ${from}, to: /v1 }`))
    expect(loaded.ok || loaded.problems).toBe(true)
  }
})

test('a shared file joins, keeps its own positions, may not redefine, and may not go in a circle', async () => {
  const teams = /teams:\n(?: {2}.*\n){4}/.exec(HONEST)?.[0] ?? ''
  await writeFile(join(folder, 'org.yaml'), `version: 1\n${teams}`)
  const extending = HONEST.replace(teams, 'extends: org.yaml\n')
  const loaded = await load(extending)
  expect(loaded.ok && loaded.chain.teams.get('red')?.at).toMatchObject({ file: join(folder, 'org.yaml'), line: 6 })
  expect(await problemsOf(extending.replace('issuer:', 'teams:\n  red: { layer: security, contact: us }\nissuer:'))).toContain('extends.twice @ red')
  await writeFile(join(folder, 'circle.yaml'), 'version: 1\nextends: circle.yaml\n')
  const circle = await load(HONEST.replace('issuer:', 'extends: circle.yaml\nissuer:'))
  expect(!circle.ok && circle.problems.map(({ code }) => code)).toContain('extends.unusable')
})

test('an alias bomb and deep nesting are refused, not expanded', async () => {
  const bomb = `a: &a [1,2,3,4,5,6,7,8,9]\n${Array.from({ length: 8 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? 'a' : `b${i - 1}`},`.repeat(9)}]`).join('\n')}\n`
  expect((await problemsOf(bomb)).some((problem) => problem.startsWith('yaml.too-much'))).toBe(true)
  const nested = await load('['.repeat(2_000))
  expect(nested.ok).toBe(false)
})

test('no mutation of the file makes it throw, and each problem has a place in it', async () => {
  const mutation = fc.record({
    at: fc.nat(HONEST.length),
    cut: fc.nat(40),
    put: fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('{', '[', ': ', '- ', '*a', '&a ', '\n', '\t', '!!binary ', '__proto__: 1', '? ', '<<: ', 'null', '0x7', '.inf'),
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const text = mutations.reduce((before, { at, cut, put }) => before.slice(0, at) + put + before.slice(at + cut), HONEST)
      const loaded = await load(text)
      if (loaded.ok) return
      expect(loaded.problems.length).toBeGreaterThan(0)
      for (const { line, column } of loaded.problems) expect(line >= 1 && column >= 1).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('content that nobody would compare with its digest', async () => {
  const covered = HONEST.replace('via: [[edge]], clients: [shop, billco]', 'via: [[edge]], body: covered, clients: [shop, billco]')
  expect(await problemsOf(covered)).toEqual([])
  expect(await problemsOf(covered.replace('orders: { kind: guard', 'orders: { kind: application'))).toEqual(['route.body-unread @ covered'])
})
