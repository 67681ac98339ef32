import type { Receipt, Sink } from '@everyhop/guard'
import type { Lifecycle } from './lifecycle.js'
import { serve } from './serve.js'

/** The smallest monitoring there is: every receipt that names a waiver is an alert, and the channel lists them. */
export async function startAlertChannel(life: Lifecycle, port: number): Promise<Sink> {
  const alerts: Receipt[] = []
  await serve(
    life,
    (_, response) => void response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ schema: 'everyhop.alerts/1', alerts })),
    port,
  )
  return { append: (receipt) => void (receipt.waiver !== undefined && alerts.push(receipt)) }
}
