import { readFileSync } from 'node:fs'
import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/express'
import express from 'express'

const here = (name) => new URL(name, import.meta.url)
const check = guard({
  slice: readFileSync(here('slices/orders.slice'), 'utf8'),
  sliceKey: JSON.parse(readFileSync(here('keys/slices.pub.json'), 'utf8')),
  replay: createMemoryReplayStore({ since: 'always' }), // nothing ran before; in production leave it out, or share a store
})
check.ready().catch(({ message }) => console.error(`${message}; trying again with each request`))

const app = express()
app.use(check)
app.get('/orders/:id', (request, response) => {
  response.json({ order: request.params.id, for: request.proof.client })
})
app.listen(8080, '127.0.0.1')
