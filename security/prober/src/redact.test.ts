import { expect, test } from 'vitest'
import { redacted } from './redact.js'

const TOKEN = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.c2ln`

for (const [what, text, left] of [
  ['a token', `got ${TOKEN} back`, 'got [removed] back'],
  ['a token without its signature', TOKEN.replace(/[^.]+$/, ''), '[removed]'],
  ['a credential that is no JWS', 'sent DPoP 2YotnFZFEjr1zCsicMWpAA==', 'sent DPoP [removed]'],
  ['the names of schemes', 'DPoP came back as Bearer here', 'DPoP came back as Bearer here'],
  ['a name of a host', 'production-edge.internal-services.example-company', 'production-edge.internal-services.example-company'],
] as const) {
  test(what, () => {
    expect(redacted({ evidence: [text], count: 1, open: null })).toEqual({ evidence: [left], count: 1, open: null })
  })
}
