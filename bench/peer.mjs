import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * A library under test, used as its documentation says.
 * @typedef {{
 *   name: string,
 *   package: string,
 *   open: (setting: Setting) => Promise<Opened>,
 *   strictest?: string,
 *   neverRejects?: true,
 * }} Peer `strictest` says which options its strictest configuration adds; absent where its defaults are that;
 *   `neverRejects`: it refuses by its answer, so that an exception is a fault
 *
 * @typedef {{ world: import('./world.mjs').World, jwksUri: string, strict?: boolean, shared?: Map<string, unknown>, isRestart?: boolean }} Setting
 *   `jwksUri` serves the issuer's keys on loopback; `shared` stands for a network store, for libraries that can have one; `isRestart`: the process ran before
 *
 * `native` makes the request as its framework would hand it over: that is not measured. `accepts` is.
 * @typedef {{
 *   native: (request: import('./world.mjs').Request) => any,
 *   accepts: (native: any) => Promise<boolean>,
 *   nonce?: (token: string, ask: (token: string) => import('./world.mjs').Request) => Promise<string | undefined>,
 * }} Opened `nonce` gives what a proof for this token must carry at this moment; `ask` makes a request without one
 */

/** The version installed, from its own package.json.
 * @param {string} name
 * @param {string} from */
export function versionOf(name, from = import.meta.url) {
  const require = createRequire(from)
  for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
    try {
      const { name: found, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (found === name) return /** @type {string} */ (version)
    } catch {
      if (folder === dirname(folder)) throw new Error(`${name} is not installed`)
    }
  }
}

/** Header map as Node's parser makes it: lower case, repeated fields joined, of a second Authorization only the first kept.
 * @param {import('./world.mjs').Request} request */
export function headerMap({ headers }) {
  /** @type {Record<string, string>} */
  const map = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (map[key] === undefined) map[key] = value
    else if (key !== 'authorization') map[key] = `${map[key]}, ${value}`
  }
  return map
}

/** What an Express application hands to a middleware, behind TLS that Express itself ended.
 * @param {import('./world.mjs').Request} request */
export function expressRequest(request) {
  const headers = headerMap(request)
  const path = request.target.split('?')[0]
  /** @param {string} name */
  const get = (name) => headers[name.toLowerCase()]
  return {
    method: request.method,
    url: request.target,
    originalUrl: request.target,
    baseUrl: '',
    path,
    protocol: 'https',
    secure: true,
    host: headers['host'],
    hostname: headers['host'],
    headers,
    rawHeaders: request.headers.flat(),
    get,
    header: get,
    query: {},
    body: undefined,
    is: () => false,
    app: { get: () => () => false, enabled: () => false },
    socket: { encrypted: true, remoteAddress: '127.0.0.1' },
    certificate: request.certificate,
  }
}

/** Enough of an Express response to see the fields it sets and whether it answered.
 * @param {() => void} answered */
export function expressResponse(answered) {
  /** @type {Record<string, string>} */
  const fields = {}
  const response = {
    fields,
    /** @param {string} name
     * @param {string} value */
    setHeader: (name, value) => ((fields[name.toLowerCase()] = value), response),
    /** @param {string} name
     * @param {string} value */
    header: (name, value) => response.setHeader(name, value),
    status: () => response,
    json: () => (answered(), response),
    end: () => (answered(), response),
  }
  return response
}
