import { expect, test } from 'vitest'
import { attack, type Attack, type Exchange } from './attack.js'
import { attribute, type Attribution, type Seen } from './attribution.js'
import { attributeRefusal } from './refused-honest.js'
import { HONEST, sampleChain, sighting, wayOver } from './sample.testkit.js'

const noProof = attack({
  kind: 'forge',
  id: 'TOK-01',
  title: 'A stolen token works without any proof',
  control: 'POP-AP-04',
  layer: 'application',
  spec: [],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: [],
  forge: (honest) => [honest],
})
const forged: Attack = { ...noProof, id: 'SPF-01', control: 'POP-PL-03', layer: 'platform', mustNotArrive: ['client-cert'] }
const replayed: Attack = { ...noProof, id: 'RPL-01', control: 'POP-AP-02' }
const told401: Attack = { ...noProof, kind: 'scripted', run: async () => ({ outcome: 'held', reason: '' }) }
const around: Exchange = { ...HONEST, to: { at: 'direct', hop: 'orders' } }

const told = ({ hop, layer, owner, control, coFaults }: Attribution) => ({
  hop,
  layer,
  owner: owner.id,
  control,
  coFaults: coFaults.map((fault) => `${fault.control} ${fault.hop} ${fault.owner.id}`),
})

const short = sampleChain()
const attesting = sampleChain({ forward: 'attested' })
const rebinding = sampleChain({ forward: 'rebound' })
const ONE = ['edge']
const TWO = ['edge', 'mesh']
const seen = (more: Partial<Seen>): Seen => ({ attack: noProof, exchange: HONEST, sightings: new Map(), isBelieved: true, ...more })
const at = (entries: Readonly<Record<string, ReturnType<typeof sighting>>>) => new Map(Object.entries(entries))

const CASES: readonly (readonly [title: string, path: readonly string[], seen: Seen, expected: object, chain?: typeof short])[] = [
  [
    'the edge lost the proof and the application let it in',
    ONE,
    seen({ attack: replayed, sightings: at({ orders: sighting({ lost: ['dpop'] }) }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-02', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'the proof arrived and the application let it in',
    ONE,
    seen({ sightings: at({ orders: sighting() }) }),
    { hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: [] },
  ],
  [
    'a hop that attests should have refused it first',
    ONE,
    seen({ sightings: at({ orders: sighting() }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-05', coFaults: ['POP-AP-04 orders orders'] },
    attesting,
  ],
  [
    'a replay is the matter of the hop that spends',
    ONE,
    seen({ attack: replayed, sightings: at({ orders: sighting() }) }),
    { hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-02', coFaults: [] },
    attesting,
  ],
  [
    'a forged field arrived and was believed',
    ONE,
    seen({ attack: forged, sightings: at({ orders: sighting() }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-03', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'a forged field arrived and was not believed',
    ONE,
    seen({ attack: forged, isBelieved: false, sightings: at({ orders: sighting() }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-03', coFaults: [] },
  ],
  [
    'the application was reached around the hops',
    ONE,
    seen({ attack: { ...noProof, id: 'DIR-01', control: 'POP-PL-04', layer: 'platform' }, exchange: around }),
    { hop: 'orders', layer: 'platform', owner: 'network', control: 'POP-PL-04', coFaults: ['POP-AP-06 orders orders'] },
  ],
  [
    'the issuer issued what it should not',
    ONE,
    seen({ attack: { ...noProof, id: 'ISS-01', control: 'POP-ID-01', layer: 'identity' }, place: 'issuer' }),
    { hop: 'issuer', layer: 'identity', owner: 'identity', control: 'POP-ID-01', coFaults: [] },
  ],
  ['nobody saw anything', TWO, seen({}), { hop: ['edge', 'orders'], layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: [] }],
  [
    'two hops and one witness: one of the two lost it',
    TWO,
    seen({ sightings: at({ orders: sighting({ lost: ['dpop'] }) }) }),
    { hop: ['edge', 'mesh'], layer: 'platform', owner: 'edge', control: 'POP-PL-02', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'a witness in between saw it whole: the second lost it',
    TWO,
    seen({ sightings: at({ mesh: sighting(), orders: sighting({ lost: ['dpop'] }) }) }),
    { hop: 'mesh', layer: 'platform', owner: 'mesh', control: 'POP-PL-02', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'a witness in between saw it lost: the first lost it',
    TWO,
    seen({ sightings: at({ mesh: sighting({ lost: ['dpop'] }), orders: sighting({ lost: ['dpop'] }) }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-02', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'two witnesses contradict each other: the pair is named',
    TWO,
    seen({ sightings: at({ mesh: sighting({ lost: ['dpop'] }), orders: sighting() }) }),
    { hop: ['mesh', 'orders'], layer: 'platform', owner: 'mesh', control: 'POP-PL-02', coFaults: ['POP-AP-01 orders orders'] },
  ],
  [
    'only a witness in between saw it: it happened behind',
    TWO,
    seen({ sightings: at({ mesh: sighting() }) }),
    { hop: ['mesh', 'orders'], layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: [] },
  ],
  [
    "a refusal that a hop says is its own is not the application's, though the attack is about applications",
    ONE,
    seen({ attack: told401, isBelieved: false, answeredBy: 'edge', sightings: at({ orders: sighting({ arrived: false }) }) }),
    { hop: 'edge', layer: 'platform', owner: 'edge', control: 'POP-PL-05', coFaults: [] },
  ],
  [
    "a refusal of what never reached the application is not the application's",
    TWO,
    seen({ attack: told401, isBelieved: false, sightings: at({ mesh: sighting(), orders: sighting({ arrived: false }) }) }),
    { hop: 'mesh', layer: 'platform', owner: 'mesh', control: 'POP-PL-05', coFaults: [] },
  ],
  [
    'nobody knows which of two hops refused: both are named',
    TWO,
    seen({ attack: told401, isBelieved: false, sightings: at({ orders: sighting({ arrived: false }) }) }),
    { hop: ['edge', 'mesh'], layer: 'platform', owner: 'edge', control: 'POP-PL-05', coFaults: [] },
  ],
  [
    "a refusal of what reached the application is the application's",
    ONE,
    seen({ attack: told401, isBelieved: false, sightings: at({ orders: sighting() }) }),
    { hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: [] },
  ],
  [
    'what the application believes behind a hop that let it pass is for the application to mend',
    ONE,
    seen({ attack: forged, place: 'orders' }),
    { hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-01', coFaults: [] },
  ],
  ['no hop stands before the application', [], seen({}), { hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: [] }],
]

for (const [title, path, evidence, expected, chain = short] of CASES) {
  test(title, () => {
    const attribution = attribute(chain, wayOver(chain, path), evidence)
    expect(told(attribution)).toEqual(expected)
    expect(attribution.evidence.length).toBeGreaterThan(0)
  })
}

const refused = (answer: object) => ({ exchange: HONEST, answer: { status: 401, fields: [], accepted: false, ...answer } })
const attestedWay = { ...wayOver(short, ONE), route: { ...short.routes[0]!, mode: 'attested' as const } }

for (const [title, way, answer, sightings, expected, chain = short] of [
  [
    'the application refuses since the edge lost the proof',
    wayOver(short, ONE),
    { code: 'proof.missing', hop: 'orders' },
    at({ orders: sighting({ lost: ['dpop'] }) }),
    { hop: 'edge', control: 'POP-PL-02', isBroken: true },
  ],
  [
    'the application refuses since the edge did not attest',
    attestedWay,
    { code: 'path.unattested', hop: 'orders' },
    at({ orders: sighting({ counts: { 'everyhop-hop': 0 } }) }),
    { hop: 'edge', control: 'POP-PL-02', isBroken: true },
  ],
  [
    'a hop on the way is missing',
    { ...wayOver(short, TWO), route: { ...short.routes[0]!, mode: 'attested' as const } },
    { status: 403, code: 'path.unexpected', hop: 'orders' },
    at({ orders: sighting() }),
    { hop: ['edge', 'orders'], control: 'POP-PL-02', isBroken: false },
  ],
  [
    'the hop that rebinds proves nothing good',
    wayOver(rebinding, ONE),
    { code: 'token.other-key', hop: 'orders' },
    at({ orders: sighting({ lost: ['dpop'] }) }),
    { hop: 'edge', control: 'POP-PL-02', isBroken: true },
    rebinding,
  ],
  [
    'the hop that rebinds has no token: nobody lost anything',
    wayOver(rebinding, ONE),
    { status: 503, code: 'exchange.unavailable', hop: 'edge' },
    at({ orders: sighting({ arrived: false }) }),
    { hop: 'edge', control: 'POP-PL-02', isBroken: false },
    rebinding,
  ],
  [
    'the application refuses what arrived whole',
    wayOver(short, ONE),
    { code: 'keys.unavailable', hop: 'orders' },
    at({ orders: sighting() }),
    { hop: 'orders', control: 'POP-AP-01', isBroken: false },
  ],
  [
    'the edge answers for itself, and nothing arrives',
    wayOver(short, ONE),
    { status: 503 },
    at({ orders: sighting({ arrived: false }) }),
    { hop: 'edge', control: 'POP-PL-02', isBroken: false },
  ],
  ['nobody says who refuses', wayOver(short, TWO), { status: 502 }, at({}), { hop: ['edge', 'orders'], control: 'POP-PL-02', isBroken: false }],
  [
    'it reached the mesh and no farther',
    wayOver(short, TWO),
    { status: 502 },
    at({ mesh: sighting(), orders: sighting({ arrived: false }) }),
    { hop: 'mesh', control: 'POP-PL-02', isBroken: false },
  ],
] as const) {
  test(`an honest request is refused: ${title}`, () => {
    const { attribution, isBroken } = attributeRefusal(chain, way, refused(answer), sightings)
    expect({ hop: attribution.hop, control: attribution.control, isBroken }).toEqual(expected)
  })
}

test('where a script names the hops that did it, the first is at fault and the others share it', () => {
  const found = attribute(short, wayOver(short, TWO), seen({ place: 'orders', alsoAt: ['mesh'], reason: 'a token was let in' }))
  expect(told(found)).toEqual({ hop: 'orders', layer: 'application', owner: 'orders', control: 'POP-AP-04', coFaults: ['POP-AP-04 mesh mesh'] })
  expect(found.evidence).toEqual(['a token was let in'])
})
