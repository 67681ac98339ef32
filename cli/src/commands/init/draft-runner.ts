import { createKeyPair } from '@everyhop/proof'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { Answers } from './answers.js'
import type { Facts } from './facts.js'

type Drafting = { readonly answers: Answers; readonly facts: Facts; readonly tokenEndpoint: string | undefined; readonly isWithoutResource: boolean }

/** What the prober uses of its own: keys made here, and where what was given lies. Without a canary of ours there is no key for one. */
export function draftRunner({ answers, facts, tokenEndpoint, isWithoutResource }: Drafting): string {
  const { client, secret, key, certificate, certificateKey, tokenCommand, secondClient, secondSecret, secondKey, scope, ca } = answers
  const urls = [facts.base, facts.issuer.value, ...(tokenEndpoint === undefined ? [] : [tokenEndpoint])]
  // Asked for with `resource`, a token may be for an audience of another name: what worked is asked for again.
  const isOtherName = facts.audience.from !== undefined && facts.audience.value[0] !== facts.base
  const resource = isWithoutResource ? '' : isOtherName ? facts.base : undefined
  const form = { ...(scope === undefined ? {} : { scope }), ...(resource === undefined ? {} : { resource }) }
  const shared = {
    ...(Object.keys(form).length > 0 ? { form } : {}),
    origins: [...new Set(urls.map((url) => new URL(url).origin))],
  }
  const proving = () => (facts.binding.value === 'dpop' ? { dpopKey: createKeyPair('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) } : {})
  const isByCertificate = certificate !== undefined && [secret, key, tokenCommand].every((one) => one === undefined)
  const content = {
    version: 1,
    key: createKeyPair('ed25519').privateKey.export({ format: 'jwk' }),
    ...(ca === undefined ? {} : { ca: absolute(ca) }),
    clients: {
      canary: {
        clientId: client,
        ...credential(secret, key),
        ...(certificate === undefined || certificateKey === undefined ? {} : { certificate: absolute(certificate), certificateKey: absolute(certificateKey) }),
        ...(isByCertificate ? { authMethod: 'tls_client_auth' } : {}),
        ...(tokenCommand === undefined ? {} : { tokenCommand: [absolute(tokenCommand)] }),
        ...proving(),
        ...shared,
      },
      ...(secondClient === undefined ? {} : { second: { clientId: secondClient, ...credential(secondSecret, secondKey), ...proving(), ...shared } }),
    },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

const credential = (secret: string | undefined, key: string | undefined) => ({
  ...(secret === undefined ? {} : { secret: referenceOf(secret) }),
  ...(key === undefined ? {} : { authKey: `file:${absolute(key)}` }),
})

const absolute = (path: string): string => resolve(path.replace(/^~(?=\/)/, homedir()))
const referenceOf = (secret: string): string => (secret.startsWith('file:') ? `file:${absolute(secret.slice('file:'.length))}` : secret)
