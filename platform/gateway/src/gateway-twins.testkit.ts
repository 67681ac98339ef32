import { afterAll, describe, expect, test } from 'vitest'
import { attack, GATEWAY_ATTACKS, type GatewayPromise } from './gateway-attacks.testkit.js'
import { startEdge, type Edit, type RealGateway } from './gateway-contract.testkit.js'

/** A mistake that people make in a gateway's configuration, and the promise that it breaks. */
export type Twin = {
  readonly name: string
  /** Makes the mistake in what is generated, whatever the manifest. */
  readonly edit: Edit
  /** Who is accountable: always the hop whose configuration it is. */
  readonly hop: 'edge'
  readonly layer: 'platform'
  readonly breaks: GatewayPromise
  /** How people come to make it. */
  readonly because?: string
}

export const twin = (name: string, breaks: GatewayPromise, edit: Edit, because?: string): Twin => ({
  name,
  edit,
  hop: 'edge',
  layer: 'platform',
  breaks,
  ...(because === undefined ? {} : { because }),
})

/** Throws where there is nothing to replace: that twin would be sound. */
export const swap =
  (from: string | RegExp, to: string): Edit =>
  (text) => {
    const next = typeof from === 'string' ? text.replaceAll(from, () => to) : text.replace(from, to)
    if (next === text) throw new Error('the edit finds nothing to break')
    return next
  }

/** Applies to one file of the configuration. */
export const inFile =
  (wanted: string, change: (text: string) => string): Edit =>
  (text, name) =>
    name === wanted ? change(text) : text

export const both =
  (...edits: readonly Edit[]): Edit =>
  (text, name) =>
    edits.reduce((edited, edit) => edit(edited, name), text)

/** The sound configuration holds every promise; each twin breaks the one that it is said to break; a mistake that is forgiven breaks none. */
export function gatewayTwins(gateway: RealGateway, twins: readonly Twin[], forgiven: readonly Twin[]): void {
  describe.skipIf(!gateway.isInstalled)(`${gateway.product}, attacked`, () => {
    let sound: Awaited<ReturnType<typeof startEdge>> | undefined
    afterAll(() => sound?.close())

    for (const promise of Object.keys(GATEWAY_ATTACKS) as GatewayPromise[]) {
      test(`held: ${promise}`, async () => {
        sound ??= await startEdge(gateway)
        expect(await attack(sound, promise)).toBeUndefined()
      })
    }

    test.each(twins)('broken by hand: $name', async ({ edit, breaks }) => {
      expect(await attacked(edit, breaks), `${breaks}: still held`).toBeDefined()
    })

    test.each(forgiven)('forgiven, since something else holds: $name', async ({ edit, breaks }) => {
      expect(await attacked(edit, breaks)).toBeUndefined()
    })

    async function attacked(edit: Edit, promise: GatewayPromise): Promise<string | undefined> {
      let isEdited = false
      const edge = await startEdge(gateway, {}, (text, name) => {
        const edited = edit(text, name)
        isEdited ||= edited !== text
        return edited
      })
      try {
        expect(isEdited, 'the edit finds nothing to break').toBe(true)
        return await attack(edge, promise)
      } finally {
        await edge.close()
      }
    }
  })
}
