import { lstat, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname } from 'node:path'
import { sha256 } from '@everyhop/proof'
import { REMOVAL_DIGEST } from '../sensitive-fields.js'
import { broken, held, unknown, type GatewayCheck } from './gateway-check.js'

/** Whether only its user can reach the socket of the service that signs. */
export async function privateSocket(path: string): Promise<GatewayCheck> {
  const what = 'the socket belongs to its user alone'
  const [socket, folder] = await Promise.all([path, dirname(path)].map((file) => lstat(file).catch(() => undefined)))
  if (!socket || !folder) return unknown(what, `there is no ${path}`)
  const modes = `${octal(socket.mode)} in ${octal(folder.mode)}`
  const isPrivate = socket.isSocket() && (socket.mode & 0o077) === 0 && (folder.mode & 0o077) === 0 && socket.uid === folder.uid
  return isPrivate ? held(what, modes) : broken(what, modes, `chmod 700 ${dirname(path)}; chmod 600 ${path}`)
}

/** Whether the service decides by the slice in that file. */
export async function sliceInForce(path: string, slice: string): Promise<GatewayCheck> {
  const what = 'the slice in force is the one in the file'
  const [health, text] = await Promise.all([healthOf(path), readFile(slice, 'utf8').catch(() => undefined)])
  if (!health || text === undefined) return unknown(what, health ? `there is no ${slice}` : `${path} does not answer`)
  if (health.status !== 'serving')
    return broken(what, `the service is ${health.status}`, 'look at what it says on standard error: the keys of the issuer are missing')
  const isSame = health.slice === sha256(text.trim())
  return isSame ? held(what, health.slice) : broken(what, `${health.slice} is in force`, 'send SIGHUP to the service')
}

/** Whether the configuration removes the fields that this release knows of. */
export async function removalList(file: string): Promise<GatewayCheck> {
  const what = 'the configuration removes the fields of this release'
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return unknown(what, `there is no ${file}`)
  if (text.includes(REMOVAL_DIGEST)) return held(what, REMOVAL_DIGEST)
  if (text.includes('envoy.filters.http.ext_authz')) return held(what, 'each decision tells Envoy what to remove')
  if (!/everyhop-removes/i.test(text)) return unknown(what, `${file} does not say what it removes: run the attacks`)
  return broken(what, `${file} does not name the list ${REMOVAL_DIGEST}`, 'generate it again: everyhop gateway config')
}

const octal = (mode: number): string => `0${(mode & 0o777).toString(8)}`

type Health = { readonly status: string; readonly slice: string }

function healthOf(socketPath: string): Promise<Health | undefined> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: '/readyz', agent: false, timeout: 5_000 }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.once('end', () => {
        try {
          resolve(JSON.parse(body) as Health)
        } catch {
          resolve(undefined)
        }
      })
    })
    sent.once('timeout', () => sent.destroy())
    sent.once('error', () => resolve(undefined))
    sent.end()
  })
}
