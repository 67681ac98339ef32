import { X509Certificate } from 'node:crypto'
import { sha256 } from '@everyhop/proof'
import type { Provider } from 'oidc-provider'
import { ConfigError } from './config-error.js'
import { configuration, type ProviderParts } from './configuration.js'
import { addExchange } from './exchange/exchange-grant.js'
import { exchangersOf } from './exchange/exchange-policy.js'
import { loadProvider } from './load-provider.js'
import { endpoint, PATHS } from './metadata.js'
import { PROVIDER_WINDOW } from './proof-age.js'

const CORS_FIELDS = ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers', 'Vary'] as const

/** oidc-provider, cut down to the token endpoint and held to the policy at the one place where every access token passes. */
export async function createProvider(parts: ProviderParts): Promise<Provider> {
  const { Provider, errors } = await loadProvider()
  const { chain, spent } = parts
  const provider = new Provider(chain.issuer.url, configuration(parts, errors))
  provider.silent = true
  provider.on('server_error', (_ctx, error) => parts.onFault(`${error.name} at the token or revocation endpoint`))

  // oidc-provider looks for a used `jti` and then saves it: two copies at once would both be new. Here both are one step. Its own
  // term for a proof ends before a proof from the future does.
  const unique: typeof provider.ReplayDetection.unique = async (client, jti, until) => {
    const fresh = spent.spend(client, sha256(JSON.stringify(jti)), until + PROVIDER_WINDOW, Math.floor(Date.now() / 1000))
    if (fresh === undefined)
      throw Object.assign(new errors.TemporarilyUnavailable('too many proofs of this client are alive'), { statusCode: 503, status: 503 })
    return fresh
  }
  provider.ReplayDetection.unique = unique

  // Otherwise the target that proofs are held to would follow the request's own Host.
  const { prototype } = provider.OIDCContext as unknown as { prototype: { urlFor: (name: string) => string } }
  const { url } = chain.issuer
  prototype.urlFor = (name) => endpoint(url, PATHS[name as keyof typeof PATHS] ?? `/${name}`)

  // It binds a token once; the policy may ask for both, and a client may offer both.
  const { prototype: token } = provider.ClientCredentials as unknown as { prototype: { setThumbprint: SetThumbprint } }
  token.setThumbprint = function setThumbprint(kind, input) {
    if (kind === 'jkt' && typeof input === 'string') this.jkt = input
    else if (kind === 'x5t' && input instanceof X509Certificate) this['x5t#S256'] = sha256(input.raw)
    else throw new TypeError('a token is bound to a thumbprint or a certificate')
  }

  const exchangers = exchangersOf(chain)
  if (exchangers.size > 0) addExchange(provider, errors, { ...parts, exchangers })

  // No page of another origin is a client here.
  provider.use(async (context, next) => {
    await next()
    for (const field of CORS_FIELDS) context.remove(field)
  })

  // It reads registrations when they are first used; a broken one shall be found now.
  for (const clientId of [...parts.clients.map((client) => client.clientId), ...exchangers.keys()]) {
    await provider.Client.find(clientId).catch((error: Error) => {
      throw new ConfigError('config.client', `the registration of ${clientId} cannot be used: ${describe(error)}`)
    })
  }
  return provider
}

type SetThumbprint = (this: { jkt?: string; 'x5t#S256'?: string }, kind: string, input: unknown) => void

const describe = (error: Error): string => ('error_description' in error ? String(error.error_description) : error.message)
