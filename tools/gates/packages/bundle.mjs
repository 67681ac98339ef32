import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { capture } from '../../run.mjs'

/** A whole application: Express behind the guard, an issuer that is a function, and a client that asks it three times. */
const APPLICATION = `
import { createHash, randomUUID, sign } from 'node:crypto'
import { createKeyPair } from '@everyhop/proof'
import express from 'express'
import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/express'

const base = 'https://api.example'
const [issuer, client] = [0, 1].map(() => createKeyPair('ec', { namedCurve: 'P-256' }))
const jwkOf = ({ publicKey }) => publicKey.export({ format: 'jwk' })
const sha256 = (text) => createHash('sha256').update(text).digest('base64url')
const jkt = ({ crv, kty, x, y }) => sha256(JSON.stringify({ crv, kty, x, y }))
const jws = (header, payload, { privateKey: key }) => {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return input + '.' + sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
const now = Math.floor(Date.now() / 1000)
const token = jws(
  { alg: 'ES256', typ: 'at+jwt', kid: 'k' },
  { iss: 'https://id.example', sub: 'shop', client_id: 'shop', aud: base, jti: 't', iat: now, exp: now + 300, cnf: { jkt: jkt(jwkOf(client)) } },
  issuer,
)
const proof = jws(
  { alg: 'ES256', typ: 'dpop+jwt', jwk: jwkOf(client) },
  { jti: randomUUID(), htm: 'GET', htu: base + '/orders', iat: now, ath: sha256(token) },
  client,
)

const app = express()
app.use(
  guard({
    base,
    issuer: [{ url: 'https://id.example', jwksUri: 'https://id.example/jwks' }],
    audience: base,
    replay: createMemoryReplayStore({ since: 'always' }),
    singleInstance: true,
    fetch: async () => Response.json({ keys: [{ ...jwkOf(issuer), kid: 'k', alg: 'ES256' }] }),
  }),
)
app.get('/orders', (request, response) => response.send(request.proof.client))
const server = app.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port + '/orders'
  const ask = async (headers) => {
    const answer = await fetch(url, { headers })
    return answer.status + ' ' + (answer.ok ? await answer.text() : (answer.headers.get('www-authenticate') ?? '').split(' ')[0])
  }
  const honest = { authorization: 'DPoP ' + token, dpop: proof }
  console.log(JSON.stringify([await ask({}), await ask(honest), await ask(honest)]))
  server.closeAllConnections()
  server.close()
})
`
const EXPECTED = JSON.stringify(['401 DPoP', '200 shop', '401 DPoP'])

/** Express calls \`require\`, which a module has to make first. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * Bundles the application into one file, as a script and as a module, and runs it where there is nothing else.
 * @param {string} folder where the packages are installed
 * @returns {Promise<{ problems: readonly string[], figure: string }>}
 */
export async function bundle(folder) {
  await writeFile(join(folder, 'app.mjs'), APPLICATION)
  const alone = join(folder, 'alone')
  await mkdir(alone)
  const problems = []
  let ours = 0
  for (const format of /** @type {const} */ (['cjs', 'esm'])) {
    const outfile = join(alone, format === 'cjs' ? 'app.cjs' : 'app.mjs')
    const banner = format === 'esm' ? { banner: { js: REQUIRE } } : {}
    const common = { absWorkingDir: folder, bundle: true, platform: /** @type {const} */ ('node'), minify: true, metafile: /** @type {const} */ (true) }
    const { metafile, warnings } = await build({ ...common, ...banner, entryPoints: ['app.mjs'], format, outfile, logLevel: 'silent' })
    problems.push(...warnings.map(({ text }) => `esbuild (${format}): ${text}`))
    const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
    ours = inputs.filter(([path]) => path.includes('@everyhop/')).reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
    const { stdout, output } = await capture(process.execPath, [outfile], { cwd: alone })
    if (stdout.trim() !== EXPECTED) problems.push(`the bundled application (${format}) said ${output.trim()} instead of ${EXPECTED}`)
  }
  return { problems: [...problems, ...(await shaken(folder))], figure: `in a bundle ${ours} bytes` }
}

/** What may be left of the guard where only this is imported. Bytes. */
const SHAKEN = Object.freeze({
  "import '@everyhop/guard'": 0,
  "import { ConfigError } from '@everyhop/guard'; console.log(ConfigError)": 400,
  "import { toSinks } from '@everyhop/guard'; console.log(toSinks)": 600,
})

/** @param {string} folder */
async function shaken(folder) {
  const problems = []
  for (const [contents, most] of Object.entries(SHAKEN)) {
    const { outputFiles } = await build({
      absWorkingDir: folder,
      stdin: { contents, resolveDir: folder },
      bundle: true,
      platform: 'node',
      format: 'esm',
      minify: true,
      write: false,
      logLevel: 'silent',
    })
    const size = outputFiles[0]?.contents.length ?? 0
    if (size > most) problems.push(`not shaken off: ${size} bytes are left of "${contents}", at most ${most} should be`)
  }
  return problems
}
