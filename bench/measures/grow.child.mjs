import { evidenceFrom } from '@everyhop/verifier'
import { openVerifier, raw } from '../everyhop.mjs'
import { createClient, createWorld, proof, request } from '../world.mjs'

/** Megabytes that resident memory grows by in the second half: by then the heap has its size, and as many proofs expire as come. Time passes with the work, so that proofs also expire. */
const verifications = Number(process.argv[2])
const A_SECOND = 500
const CLIENTS = 100

let time = Math.floor(Date.now() / 1000)
const world = createWorld()
const verifier = openVerifier(world, { clock: () => time })
const clients = Array.from({ length: CLIENTS }, () => {
  const client = createClient()
  return { client, token: '' }
})

let settled = Number.NaN
for (let index = 0; index < verifications; index += 1) {
  if (index % A_SECOND === 0) time += 1
  const of = clients[index % CLIENTS]
  if (of === undefined) continue
  if (index % (A_SECOND * 1_000) < CLIENTS) of.token = world.token(of.client, { iat: time, exp: time + 3_000 })
  const decision = await verifier.verify(evidenceFrom(raw(request(of.token, proof(of.client, of.token, { iat: time })))))
  if (decision.verdict !== 'allow') throw new Error(`verification ${index}: ${decision.code}`)
  if (index === Math.floor(verifications / 2)) settled = resident()
}
process.send?.(resident() - settled)

function resident() {
  globalThis.gc?.()
  return process.memoryUsage().rss / 1024 / 1024
}
