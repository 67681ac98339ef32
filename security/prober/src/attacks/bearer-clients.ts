import { waiverInForce, type Chain, type Client, type Waiver } from '@everyhop/chain'

type Excepted = { readonly client: Client; readonly waiver: Waiver }

/** The clients whose waiver is in force at `now` (epoch seconds). */
export const bearerClients = (chain: Chain, now: number): readonly Excepted[] => excepted(chain).filter(({ waiver }) => waiverInForce(waiver, now))

/** The clients whose waiver has ended. */
export const expiredClients = (chain: Chain, now: number): readonly Excepted[] => excepted(chain).filter(({ waiver }) => waiver.end <= now)

const excepted = (chain: Chain): readonly Excepted[] =>
  [...chain.clients.values()].flatMap((client) => {
    const waiver = client.waiver === undefined ? undefined : chain.waivers.get(client.waiver)
    return waiver === undefined ? [] : [{ client, waiver }]
  })
