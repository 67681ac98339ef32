import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chain } from '@everyhop/chain'
import { createIssuer } from '@everyhop/issuer'
import { compileSlices, loadManifest, signSlice } from '@everyhop/manifest'
import { earlierToken } from './earlier-token.js'
import { createKeys, writeKeys, type Keys } from './keys.js'
import type { Lifecycle } from './lifecycle.js'
import { PLACES, writeManifest, type Edit, type Ports } from './manifest-file.js'
import { createPki, type Pki } from './pki.js'
import { freePorts } from './ports.js'
import { createRunDir } from './run-dir.js'

/** One chain's ground: its manifest compiled, its issuer running, its keys made. The hops are put on it. */
export type Stand = {
  readonly life: Lifecycle
  readonly dir: string
  readonly ports: Ports
  readonly pki: Pki
  readonly chain: Chain
  readonly issuer: Stoppable
  /** Those with which a hop signs. */
  readonly hopKeys: (hop: string) => Keys
  readonly sliceKeys: Keys
  /** The signed slice of a hop, as `everyhop compile` writes it. */
  readonly slice: (hop: string) => string
  readonly canaryKey: Buffer
  /** Signs the tags that the witness listens to. */
  readonly tagKey: Buffer
  readonly witnessSecret: string
  /** The file that the prober's own credentials are read from. */
  readonly runner: string
}

export type StandOptions = {
  readonly edit?: Edit
  /** The manifest as it was when waived clients got the tokens that the runner file holds of them; without it, the file holds none. */
  readonly before?: Edit
  readonly keep: boolean
  /** The grants that clients stand for, by the id of the client. */
  readonly grants?: Readonly<Record<string, string>>
  /** Another issuer in place of the reference one. */
  readonly startIssuer?: (ground: IssuerGround) => Promise<Stoppable>
}

export type Stoppable = { readonly close: () => Promise<void> }

/** What an issuer is started with: the keys that it signs with, and those of its clients. */
export type IssuerGround = {
  readonly chain: Chain
  readonly signing: Keys
  readonly clients: readonly { readonly clientId: string; readonly auth: Keys; readonly grant?: string }[]
}

/** A hop's keys: its own, and those with which the prober plays it. */
type Signer = { readonly own: Keys; readonly played: Keys }

/** Hops that sign, in whatever chain. */
const SIGNERS = ['edge', 'middle'] as const

export async function createStand(
  life: Lifecycle,
  name: string,
  { edit, before, keep, grants = {}, startIssuer = startReferenceIssuer }: StandOptions,
): Promise<Stand> {
  const dir = await createRunDir(life, { keep })
  const free = await freePorts(PLACES.length)
  const ports = Object.fromEntries(PLACES.map((place, index) => [place, free[index]!])) as Ports
  const [pki, sliceKeys] = [await createPki(dir), createKeys('Ed25519')]
  const signers = new Map<string, Signer>(SIGNERS.map((hop) => [hop, { own: createKeys(), played: createKeys() }]))
  await Promise.all([...signers].flatMap(([hop, { own, played }]) => [writeKeys(dir, hop, own), writeKeys(dir, `${hop}-prober`, played)]))
  const past = before && (await load(await writeManifest(name, { dir, ports, edit: before })))
  const chain = await load(await writeManifest(name, { dir, ports, ...(edit === undefined ? {} : { edit }) }))
  const slices = new Map(compileSlices(chain).map((slice) => [slice.hop, signSlice(slice, sliceKeys.privateKey)]))

  const secrets = { canaryKey: randomBytes(32), tagKey: randomBytes(32), witnessSecret: randomBytes(32).toString('base64url') }
  const clients = [...chain.clients.values()].map(({ id, clientId, waiver }) => ({
    id,
    clientId,
    auth: createKeys(),
    proof: waiver === undefined ? createKeys() : undefined,
  }))
  const signing = createKeys()
  const earlier = new Map<string, string>()
  for (const { id, clientId, auth, proof } of past === undefined ? [] : clients) {
    const [resource] = chain.routes.find((route) => route.clients.includes(id))?.audience ?? []
    if (proof === undefined && resource !== undefined) earlier.set(id, await earlierToken({ chain: past!, signing, clientId, auth, resource }))
  }
  const registered = clients.map(({ id, clientId, auth }) => ({ clientId, auth, ...(grants[id] === undefined ? {} : { grant: grants[id] }) }))
  const issuer = await startIssuer({ chain, signing, clients: registered })
  life.onStop(() => issuer.close())

  // A certificate is public: the canary has one so that a thief can claim it.
  const [victim] = chain.probe?.clients ?? []
  const shown = await pki.client(victim ?? 'canary')

  const bases = [...chain.hops.values()].flatMap((hop) => [...hop.bases, ...(hop.ingress === undefined ? [] : [hop.ingress])])
  const origins = [...new Set([chain.issuer.url, ...bases].map((url) => new URL(url).origin))]
  const runner = join(dir, 'runner.json')
  const content = {
    version: 1,
    key: createKeys('Ed25519').privateJwk,
    canaryKey: secrets.canaryKey.toString('base64url'),
    ca: 'ca.pem',
    clients: Object.fromEntries(
      clients.map(({ id, clientId, auth, proof }) => [
        id,
        {
          clientId,
          authKey: auth.privateJwk,
          ...(proof === undefined ? {} : { dpopKey: proof.privateJwk }),
          ...(earlier.has(id) ? { token: earlier.get(id) } : {}),
          ...(id === victim ? { certificate: shown.certificate, certificateKey: shown.key } : {}),
          origins,
        },
      ]),
    ),
    hops: Object.fromEntries(
      [...signers]
        .filter(([hop]) => ['attested', 'rebound'].includes(chain.hops.get(hop)?.forward ?? ''))
        .map(([hop, { played }]) => [hop, { key: played.privateJwk }]),
    ),
    witnesses: Object.fromEntries(
      [...chain.hops.values()].flatMap(({ id, witness }) =>
        witness === undefined ? [] : [[id, { url: witness, tagKey: secrets.tagKey.toString('base64url'), secret: secrets.witnessSecret }]],
      ),
    ),
  }
  await writeFile(runner, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })

  const slice = (hop: string): string => {
    const found = slices.get(hop)
    if (found === undefined) throw new TypeError(`hop ${hop} has no slice`)
    return found
  }
  const hopKeys = (hop: string): Keys => {
    const found = signers.get(hop)
    if (found === undefined) throw new TypeError(`hop ${hop} has no keys`)
    return found.own
  }
  return { life, dir, ports, pki, chain, issuer, hopKeys, sliceKeys, slice, ...secrets, runner }
}

const startReferenceIssuer = ({ chain, signing, clients }: IssuerGround): Promise<Stoppable> =>
  createIssuer({
    chain,
    keys: [signing.privateJwk],
    clients: clients.map(({ auth, ...client }) => ({ ...client, jwks: { keys: [auth.publicJwk] } })),
  })

async function load(file: string): Promise<Chain> {
  const loaded = await loadManifest([file], {})
  if (loaded.ok) return loaded.chain
  throw new Error(loaded.problems.map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.message}`).join('\n'))
}
