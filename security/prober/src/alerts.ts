import type { Alert } from './attack.js'

const TIMEOUT_MS = 2_000

/** Reads an alert channel: `{ "schema": "everyhop.alerts/1", "alerts": [receipt, …] }`. Undefined where it does not answer so. */
export async function readAlerts(channel: string): Promise<readonly Alert[] | undefined> {
  try {
    const response = await fetch(channel, { redirect: 'error', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const body: unknown = response.ok ? await response.json() : undefined
    if (typeof body !== 'object' || body === null || !('alerts' in body) || !Array.isArray(body.alerts)) return undefined
    return body.alerts.filter((alert): alert is Alert => typeof alert === 'object' && alert !== null)
  } catch {
    return undefined
  }
}
