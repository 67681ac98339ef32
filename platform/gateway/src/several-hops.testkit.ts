import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { createMemoryReplayStore, createVerifier, evidenceFrom, type LoadedSlice } from '@everyhop/verifier'
import { sha256 } from '@everyhop/proof'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { gatewayConfig } from './config/gateway-config.js'
import { createDecisionService } from './decision/decision-service.js'
import type { Edit, RealGateway } from './gateway-contract.testkit.js'
import {
  application,
  certificates,
  credentials,
  edgeSlice,
  FORGED,
  forgedValues,
  freePort,
  issuerFetch,
  jwkOf,
  KEYS,
  ordersSlice,
  send,
  tokenFor,
  valuesOf,
  type Application,
  type Received,
} from './gateway.testkit.js'
import { createProxy } from './proxy/proxy.js'

type Certificates = Awaited<ReturnType<typeof certificates>>

/** One hop as tests run it: what it decides by, and where it sends on. */
export type HopSetting = {
  readonly slice: LoadedSlice
  readonly key: KeyObject
  readonly pki: Certificates
  readonly upstreams: Readonly<Record<string, string>>
  /** PEM file of the CA of a next hop that is reached over https. */
  readonly upstreamCa?: string
}

export type RunningHop = { readonly port: number; readonly close: () => Promise<void> }

/** Starts a hop of one kind: a product of the field with what is generated for it, or the own proxy. */
export type StartHop = (setting: HopSetting) => Promise<RunningHop>

const deciding = ({ slice, key }: HopSetting) => ({ slice, key, fetch: issuerFetch, replay: createMemoryReplayStore({ since: 'always' as const }) })

export const behind =
  ({ product, start }: RealGateway, edit: Edit = (text) => text): StartHop =>
  async (setting) => {
    const { slice, pki, upstreams, upstreamCa } = setting
    const port = await freePort()
    const dir = join(pki.dir, `${product}-${slice.slice.hop}`)
    const socket = join(pki.dir, `${slice.slice.hop}.sock`)
    const service = await createDecisionService({ ...deciding(setting), socket })
    const files = gatewayConfig(product, slice.slice, {
      socket,
      ...pki.files,
      listen: `127.0.0.1:${port}`,
      upstreams,
      standalone: { dir },
      ...(upstreamCa === undefined ? {} : { upstreamCa }),
    })
    const gateway = await start(
      files.map(({ name, text }) => ({ name, text: edit(text, name) })),
      dir,
      port,
    )
    const close = async (): Promise<void> => {
      await gateway.stop()
      await service.close(50)
    }
    return { port, close }
  }

export const ownProxy: StartHop = async (setting) => {
  const { pki, upstreams, upstreamCa } = setting
  const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
  const upstreamTls = upstreamCa === undefined ? {} : { upstreamTls: { ca: await readFile(upstreamCa, 'utf8') } }
  const hop = await createProxy({ ...deciding(setting), tls, upstreams, ...upstreamTls })
  return { port: Number(new URL(hop.url).port), close: () => hop.close(50) }
}

const MIDDLE = { hop: 'middle', authority: 'middle.internal' } as const
const loaded = (slice: Slice): LoadedSlice => ({ slice, digest: sha256(JSON.stringify(slice)) })

/** The slices of edge -> middle -> orders, as a manifest with `via: [[edge, middle]]` gives them. */
export function severalSlices() {
  const edge = edgeSlice({ next: { mode: 'attested', hops: [MIDDLE] }, routes: edgeSlice().slice.routes.map((route) => ({ ...route, next: 'middle' })) }).slice
  const neighbour = { hop: 'edge', keys: edge.keys }
  const middle: Slice = {
    ...edgeSlice().slice,
    hop: 'middle',
    authority: MIDDLE.authority,
    routes: edge.routes.map((route) => ({ ...route, via: [['edge']], mode: 'attested', next: 'orders' })),
    neighbours: [neighbour],
    keys: [jwkOf(KEYS.middle.publicKey)],
  }
  const { slice: orders } = ordersSlice()
  return {
    edge: loaded(edge),
    middle: loaded(middle),
    orders: loaded({
      ...orders,
      routes: orders.routes.map((route) => ({ ...route, via: [['edge', 'middle']] })),
      neighbours: [neighbour, { hop: 'middle', keys: middle.keys }],
    }),
  }
}

/** Swaps the first two members of a dictionary. */
const swapped = (value: string): string => {
  const [first = '', second = '', ...rest] = value.split(/, (?=[a-z]+[;=])/)
  return [second, first, ...rest].join(', ')
}

const withChanged = (rawHeaders: readonly string[], change: (value: string) => string, ...names: readonly string[]): readonly string[] =>
  rawHeaders.map((value, index) => (index % 2 === 1 && names.includes(rawHeaders[index - 1]!.toLowerCase()) ? change(value) : value))

/** What two hops in a row must do, whatever they are: the second verifies the first and adds its own, the application sees both. */
export function severalHops(title: string, isHere: boolean, startEdge: StartHop, startMiddle: StartHop): void {
  describe.skipIf(!isHere)(`two hops in a row: ${title}`, () => {
    const slices = severalSlices()
    type Chain = {
      readonly edge: RunningHop
      readonly middle: RunningHop
      readonly around: RunningHop
      readonly orders: Application
      readonly pki: Certificates
    }
    let chain: Chain | undefined
    const up = async (): Promise<Chain> => {
      if (chain) return chain
      const [pki, inner, third, orders] = await Promise.all([certificates(), certificates('middle.internal'), certificates(), application()])
      const middle = await startMiddle({
        slice: slices.middle,
        key: KEYS.middle.privateKey,
        pki: { ...inner, client: pki.client, files: { ...inner.files, clientCa: pki.files.clientCa } },
        upstreams: { orders: orders.address },
      })
      const atEdge = { slice: slices.edge, key: KEYS.edge.privateKey }
      const edge = await startEdge({ ...atEdge, pki, upstreams: { middle: `https://127.0.0.1:${middle.port}` }, upstreamCa: inner.files.certificate })
      const around = await startEdge({ ...atEdge, pki: third, upstreams: { middle: orders.address } })
      chain = { edge, middle, around, orders, pki }
      return chain
    }
    beforeEach(() => chain?.orders.received.splice(0))
    afterAll(async () => {
      for (const one of [chain?.edge, chain?.middle, chain?.around, chain?.orders]) await one?.close()
    })

    const verifier = createVerifier({ slice: slices.orders, replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
    const atOrders = ({ method, url }: Received, rawHeaders: readonly string[]) => verifier.verify(evidenceFrom({ method, target: url, rawHeaders }))
    const refusedBy = ({ body }: { readonly body: string }): unknown => {
      const { code, hop } = JSON.parse(body) as { code: string; hop: string }
      return [hop, code]
    }

    test('an honest request arrives, and the application sees the whole path', async () => {
      const { edge, orders } = await up()
      const answer = await send(edge.port, 'GET', '/orders/1?page=2', [...credentials(), ...FORGED])
      expect([answer.status, answer.body]).toEqual([200, 'orders'])
      const got = orders.received[0]!
      expect([valuesOf(got.rawHeaders, 'host'), forgedValues(got.rawHeaders)]).toEqual([['orders.internal:8080'], []])
      expect(await atOrders(got, got.rawHeaders)).toMatchObject({ verdict: 'allow', proven: { client: 'shop', path: ['edge', 'middle'] } })
    })

    test("the client's certificate arrives, attested by both", async () => {
      const { edge, orders, pki } = await up()
      const { cert, key, der } = pki.client
      const answer = await send(edge.port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`], { cert, key })
      expect([answer.status, answer.body]).toEqual([200, 'orders'])
      const got = orders.received[0]!
      expect(await atOrders(got, got.rawHeaders)).toMatchObject({ verdict: 'allow', proven: { binding: 'mtls', path: ['edge', 'middle'] } })
    })

    test('who comes around the first hop is refused by the second', async () => {
      const { middle, orders } = await up()
      const bare = await send(middle.port, 'GET', '/orders/1', credentials(), { name: 'middle.internal' })
      expect([bare.status, refusedBy(bare)]).toEqual([403, ['middle', 'path.unattested']])
      expect(orders.received).toEqual([])
    })

    test('a second hop that is left out is missed by the application', async () => {
      const { around, orders } = await up()
      expect((await send(around.port, 'GET', '/orders/1', credentials())).status).toBe(200)
      const got = orders.received[0]!
      expect(valuesOf(got.rawHeaders, 'everyhop-hop')[0]).toMatch(/^edge;/)
      expect(await atOrders(got, got.rawHeaders)).toMatchObject({ verdict: 'deny', code: 'path.unexpected', fault: 'hop' })
    })

    test('what the first hop signed for the second is taken once, and for this request alone', async () => {
      const { around, middle, orders } = await up()
      await send(around.port, 'GET', '/orders/1', credentials())
      const captured = orders.received.splice(0)[0]!.rawHeaders
      const kept = captured.flatMap((name, index) =>
        index % 2 === 0 && /^(?:authorization|dpop|everyhop-hop|signature|signature-input)$/i.test(name) ? [name, captured[index + 1]!] : [],
      )
      expect(refusedBy(await send(middle.port, 'GET', '/orders/2', kept, { name: 'middle.internal' }))).toEqual(['middle', 'attestation.target'])
      expect(refusedBy(await send(middle.port, 'GET', '/orders/1?page=3', kept, { name: 'middle.internal' }))).toEqual(['middle', 'attestation.signature'])
      expect((await send(middle.port, 'GET', '/orders/1', kept, { name: 'middle.internal' })).status).toBe(200)
      expect(refusedBy(await send(middle.port, 'GET', '/orders/1', kept, { name: 'middle.internal' }))).toEqual(['middle', 'attestation.replayed'])
    })

    test('hops that are swapped, or left out of what was signed, are refused and the hop is at fault', async () => {
      const { edge, orders } = await up()
      expect((await send(edge.port, 'GET', '/orders/1', credentials())).status).toBe(200)
      const got = orders.received[0]!
      const without = (value: string): string => value.replace(/^edge[^]*?, (?=middle)/, '')
      const changed = async (change: (value: string) => string, ...names: readonly string[]) => atOrders(got, withChanged(got.rawHeaders, change, ...names))
      expect(await changed(swapped, 'everyhop-hop', 'signature', 'signature-input')).toMatchObject({ code: 'path.unexpected', fault: 'hop' })
      expect(await changed(swapped, 'signature', 'signature-input')).toMatchObject({ code: 'attestation.uncovered', fault: 'hop' })
      expect(await changed(without, 'everyhop-hop', 'signature', 'signature-input')).toMatchObject({ code: 'path.unexpected', fault: 'hop' })
      expect(await changed(without, 'signature', 'signature-input')).toMatchObject({ code: 'attestation.uncovered', fault: 'hop' })
      expect(await atOrders(got, got.rawHeaders)).toMatchObject({ verdict: 'allow' })
    })
  })
}
