import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname, isAbsolute } from 'node:path'
import { ConfigError } from '@everyhop/verifier'

/** What the kernel takes, less the final zero. */
const MAX_PATH = 107

/**
 * Listens on a unix socket that only this user can reach: mode 0600 in a directory of mode 0700. Whoever can connect is the
 * gateway, so nothing wider will do. The socket of a dead process is removed; that of a live one is refused with ConfigError.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  await preparePrivately(path)
  await listenShared(server, path)
}

/** What has to be so before several processes listen on one socket. Throws ConfigError. */
export async function preparePrivately(path: string): Promise<void> {
  if (!isAbsolute(path) || Buffer.byteLength(path) > MAX_PATH) {
    throw new ConfigError('config.socket', `the socket must be an absolute path of at most ${MAX_PATH} bytes`)
  }
  await requirePrivateDirectory(dirname(path))
  await removeStale(path)
}

/** Listens where `preparePrivately` was called before. */
export async function listenShared(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  await chmod(path, 0o600)
}

async function requirePrivateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const { mode, uid } = await lstat(directory)
  if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) {
    throw new ConfigError('config.socket', `the directory ${directory} must belong to this user alone (mode 0700)`)
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) throw new ConfigError('config.socket', `${path} exists and is no socket`)
  if (await answers(path)) throw new ConfigError('config.socket-in-use', `another process listens on ${path}`)
  await unlink(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    const end = (isLive: boolean): void => {
      socket.destroy()
      resolve(isLive)
    }
    socket.once('connect', () => end(true))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
  })
}
