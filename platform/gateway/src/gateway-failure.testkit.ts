import { createServer } from 'node:net'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { afterAll, describe, expect, test } from 'vitest'
import { startEdge, type Edge, type RealGateway } from './gateway-contract.testkit.js'
import { BASE, credentials, FORGED, issuerFetch, ordersSlice, proofFor, send, tokenFor } from './gateway.testkit.js'

/** Answers by what became of the request: refused is 4xx, failed is 5xx or a broken connection. */
type Counts = { passed: number; refused: number; failed: number }
type Load = {
  readonly honest: Counts
  readonly hostile: Counts
  /** Requests that reached the application, and those of them that its verifier refuses: unverified, or for the second time. */
  arrived: number
  strays: number
}

const none = (): Counts => ({ passed: 0, refused: 0, failed: 0 })
const CLIENTS = 6
/** More than every client has under way. */
const A_WHILE = 4 * CLIENTS

/** One of each kind in turn, so that a gap of any length lets through something that must not pass. */
const HOSTILE: readonly (() => readonly string[])[] = [
  () => [],
  () => ['Authorization', `Bearer ${tokenFor()}`],
  () => ['Authorization', `DPoP ${tokenFor()}`, ...FORGED],
  () => {
    const token = tokenFor()
    return ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, { htu: `${BASE}/orders/2` })]
  },
]

/** While something fails, under load: what is not verified does not arrive, and what arrives is verified once. */
export function gatewayFailures(gateway: RealGateway): void {
  describe.skipIf(!gateway.isInstalled)(`under load, the real ${gateway.product}`, () => {
    let edge: Awaited<ReturnType<typeof startEdge>> | undefined
    const up = async () => (edge ??= await startEdge(gateway))
    afterAll(() => edge?.close())

    const cases: Readonly<Record<string, (edge: Edge, answered: (count: number) => Promise<void>) => Promise<void>>> = {
      'the decision service is down': async (running, answered) => {
        await running.service.close(0)
        await answered(A_WHILE)
        running.service = await running.serve()
      },
      'the decision service is restarted, three times': async (running, answered) => {
        for (let times = 0; times < 3; times++) {
          await running.service.close(200)
          running.service = await running.serve()
          await answered(A_WHILE)
        }
      },
      'something else answers on its socket': async (running, answered) => {
        await running.service.close(0)
        for (const says of ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 204 No Content\r\n\r\n', 'garbage\r\n\r\n']) {
          await standIn(running.socket, says, () => answered(A_WHILE))
        }
        running.service = await running.serve()
      },
      'nothing on its socket answers': async (running, answered) => {
        await running.service.close(0)
        await standIn(running.socket, '', () => answered(CLIENTS))
        running.service = await running.serve()
      },
      'the gateway is reloaded, three times': async (running, answered) => {
        for (let times = 0; times < 3; times++) {
          await running.gateway.reload(running.files)
          await answered(A_WHILE)
        }
      },
    }

    for (const [what, happens] of Object.entries(cases)) {
      test(`${what}: no request passes unverified`, async ({ annotate }) => {
        const running = await up()
        const load = await underLoad(running, async (answered) => {
          await answered(A_WHILE)
          await happens(running, answered)
          await answered(A_WHILE)
        })
        await annotate(`${gateway.product}: ${what}: ${JSON.stringify(load)}`, 'counts')
        expect([load.hostile.passed, load.strays]).toEqual([0, 0])
        expect(load.honest.refused).toBe(0)
        expect([load.honest.passed > 0, load.hostile.refused > 0]).toEqual([true, true])
        expect((await send(running.port, 'GET', '/orders/1', credentials())).status).toBe(200)
      })
    }
  })
}

async function underLoad({ port, orders }: Edge, happens: (answered: (count: number) => Promise<void>) => Promise<void>): Promise<Load> {
  const load: Load = { honest: none(), hostile: none(), arrived: 0, strays: 0 }
  const verifier = createVerifier({ slice: ordersSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
  orders.handle = ({ method, url, rawHeaders }, response) => {
    load.arrived++
    void verifier.verify(evidenceFrom({ method: method!, target: url!, rawHeaders })).then(({ verdict }) => {
      if (verdict !== 'allow') load.strays++
      response.end(verdict)
    })
  }
  const over = new AbortController()
  let total = 0
  const waiting = new Set<() => void>()
  const answered = (count: number): Promise<void> => {
    const enough = total + count
    return new Promise((resolve) => {
      const look = (): void => {
        if (total >= enough && waiting.delete(look)) resolve()
      }
      waiting.add(look)
    })
  }
  const client = async (number: number): Promise<void> => {
    for (let turn = number; !over.signal.aborted; turn++) {
      const isHonest = turn % 2 === 0
      const fields = isHonest ? credentials() : HOSTILE[((turn - 1) / 2) % HOSTILE.length]!()
      const status = await send(port, 'GET', '/orders/1', fields).then(
        (answer) => answer.status,
        () => 0,
      )
      const counts = isHonest ? load.honest : load.hostile
      counts[status === 200 ? 'passed' : status >= 400 && status < 500 ? 'refused' : 'failed']++
      total++
      for (const look of waiting) look()
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(number))
  await happens(answered)
  over.abort()
  await Promise.all(clients)
  orders.handle = undefined
  return load
}

async function standIn(socket: string, says: string, during: () => Promise<void>): Promise<void> {
  const stand = createServer((connection) => {
    connection.on('error', () => undefined).resume()
    if (says !== '') connection.end(says)
  })
  await new Promise<void>((resolve) => stand.listen(socket, resolve))
  await during()
  await new Promise((resolve) => stand.close(resolve))
}
