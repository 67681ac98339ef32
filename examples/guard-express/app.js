import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/express'
import express from 'express'

const { BASE = 'https://api.example.com', ISSUER = 'https://id.example.com', PORT = '8080' } = process.env
const check = guard({ base: BASE, issuer: ISSUER, audience: BASE, replay: createMemoryReplayStore(), singleInstance: true })

const app = express().use(check)
app.get('/orders/:id', (request, response) => response.json({ order: request.params.id, for: request.proof.client }))
export const server = app.listen(Number(PORT), '127.0.0.1')
