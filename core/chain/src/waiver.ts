import type { ControlId, Waiver } from './chain.js'

/** The control that a bearer token fails; its waivers are held to more than others. */
export const BEARER_CONTROL: ControlId = 'POP-ID-01'

/** `start` counts, `end` does not. Epoch seconds; NaN is never in force. */
export const waiverInForce = ({ start, end }: Pick<Waiver, 'start' | 'end'>, now: number): boolean => start <= now && now < end

/** What a request is about: one route or one audience of it must be in the waiver's scope. */
export type WaiverSubject = { readonly client: string; readonly route?: string; readonly audiences?: readonly string[] }

/** Whether the scope holds the client and the route or audience. It says nothing about time. */
export const waiverCovers = (waiver: Waiver, { client, route, audiences = [] }: WaiverSubject): boolean =>
  waiver.clients.includes(client) &&
  ((route !== undefined && waiver.routes.includes(route)) || audiences.some((audience) => waiver.audiences.includes(audience)))
